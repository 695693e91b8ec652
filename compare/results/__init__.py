"""The versioned results file: its parts, and reading it back, which refuses what is incomplete."""
