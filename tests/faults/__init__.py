"""The catalogue of faults, each by its number: what breaks, and that nothing is lost and the error is clear."""
