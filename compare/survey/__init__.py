"""Surveys of every service and server: what takes longer than a run of two services."""
