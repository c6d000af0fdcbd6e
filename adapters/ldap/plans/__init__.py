"""One module per kind of operation: which requests it takes, and what their answers mean. Called by `adapter`.

Plans do no I/O (see `lookup`). In each, at most one write takes effect: a second one follows only an answer that
refused the first.
"""
