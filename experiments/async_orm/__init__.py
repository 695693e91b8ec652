"""The async ORM: what can be awaited, and where it runs."""
