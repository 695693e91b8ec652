"""The Django service."""
