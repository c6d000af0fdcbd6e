"""Delta import: which entries changed since a watermark, by what the kind of server offers, and what became of them.

`tracking` is called by `adapter`. It asks one source (a module each) for the anchors of what was touched, reads these
back, and makes the next watermark.
"""
