"""Middleware: its two kinds, and what it costs to change between them."""
