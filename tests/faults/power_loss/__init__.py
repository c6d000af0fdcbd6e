"""Power loss: what a real bridge asked of its disk is recorded, and what a disk may keep of it is made again."""
