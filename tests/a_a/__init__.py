"""Whether the usual methods, and ours, see a difference between a service and its second copy."""
