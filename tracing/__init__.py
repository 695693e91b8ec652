"""What a request did, and where: spans of a service that is run by `python -m tracing`.

The services know nothing of it, and `compare trace` reads what it writes. Each module hooks into
some libraries, once they are imported.
"""
