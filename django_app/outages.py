"""Which failures are the database's own: it is away, busy, read-only, damaged or not migrated."""

from django.db import DatabaseError, OperationalError, connection

from shared import outages


def is_outage(error: DatabaseError) -> bool:
    """Say whether an error is the database's own, and no bug of ours."""
    return isinstance(error, OperationalError) or outages.is_outage(error.__cause__)


def drop_stale_connection(error: Exception) -> None:
    """Close a connection that may stay wrong, rather than keep it for other requests."""
    if outages.makes_stale(error.__cause__) and connection.connection is not None:
        connection.connection.close()  # closed, it is not kept by PostgreSQL's pool either
        connection.close()
