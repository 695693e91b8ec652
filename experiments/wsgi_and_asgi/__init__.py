"""WSGI and ASGI: what runs under which."""
