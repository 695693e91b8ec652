"""Sync and async together in one project."""
