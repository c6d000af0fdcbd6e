"""What adapters are tested with: a reference adapter, a hostile one, and the contract that all keep.

Nothing here imports pytest except `contract`, so that a bridge can run the reference adapter without it.
"""
