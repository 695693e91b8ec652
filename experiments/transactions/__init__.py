"""Transactions of coroutines and of requests."""
