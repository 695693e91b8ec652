"""The same endpoints without async."""
