"""A small correct service of its own, and defects of it that the contract suite must find."""
