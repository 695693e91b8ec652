"""When it pays: one request, and many that wait."""
