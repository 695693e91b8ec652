"""Concurrent calls: several upstreams in one request."""
