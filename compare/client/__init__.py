"""The closed-loop client, a program of its own: orders in, turns out."""
