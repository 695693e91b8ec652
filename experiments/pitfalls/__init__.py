"""Pitfalls, each of which somebody has fallen into."""
