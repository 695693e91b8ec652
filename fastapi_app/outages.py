"""Which failures are the database's own: it is away, busy, read-only, damaged or not migrated."""

from sqlalchemy import ExceptionContext
from sqlalchemy.exc import OperationalError

from shared import outages


def name_outage(context: ExceptionContext) -> None:
    """Call an error of the database's own operational, whatever its driver calls it."""
    if outages.is_outage(context.original_exception):
        raise OperationalError(
            context.statement,
            context.parameters,
            context.original_exception,
            hide_parameters=True,
            connection_invalidated=context.is_disconnect,
        )


def drop_stale_connection(context: ExceptionContext) -> None:
    """Close a connection that may stay wrong, rather than keep it for other requests."""
    if outages.makes_stale(context.original_exception):
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False  # others may be serving reads
