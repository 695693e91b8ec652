"""Adapters: `sync_to_async`, `thread_sensitive`, `async_to_sync`."""
