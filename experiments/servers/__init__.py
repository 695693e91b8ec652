"""Servers: which are needed, what they speak, and how fast they are."""
