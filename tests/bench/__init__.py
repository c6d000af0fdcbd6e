"""Figures of the bridge, measured on real processes: `make bench GROUP=core`. docs/performance.md explains them."""
