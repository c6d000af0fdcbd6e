"""What an adapter is tested with: a reference adapter, a hostile one, and the contract that every adapter keeps.

Nothing here imports pytest except `contract`, so that a bridge can run the reference adapter without it.
"""
