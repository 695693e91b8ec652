"""Clients that go away, and what requests leave behind."""
