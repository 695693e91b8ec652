"""What a request asks of its database: statements, transactions, waits for a pool, connections.

Statements and transactions are taken where the two libraries offer it, an `execute_wrapper` of
Django's and the events of SQLAlchemy, so that both are recorded at the same point: around the
driver's `execute`.
"""

import time
from contextlib import ExitStack
from typing import Any

import wrapt

from tracing.hops import when_imported
from tracing.spans import is_traced, span, tracer, work

KEPT = "tracing"  # the name under which a connection keeps what is not at its end


def hook() -> None:
    """Hook in, each library once it is imported."""
    wrapt.register_post_import_hook(_hook_django, "django.db.backends.signals")
    wrapt.register_post_import_hook(_hook_sqlalchemy, "sqlalchemy.engine")
    for module, name, wrapper in (
        ("django.db.transaction", "Atomic.__enter__", _enter),
        ("django.db.transaction", "Atomic.__exit__", _exit),
        ("sqlalchemy.engine.base", "Connection._begin_impl", _begin),
        ("sqlalchemy.engine.base", "Connection._commit_impl", _end),
        ("sqlalchemy.engine.base", "Connection._rollback_impl", _end),
        ("sqlalchemy.pool.base", "Pool.connect", _from_pool),
        ("psycopg_pool.pool", "ConnectionPool.getconn", _from_pool),
        ("psycopg.connection", "Connection.connect", _connect),
        ("psycopg.connection_async", "AsyncConnection.connect", _connect_async),
        ("asyncpg", "connect", _connect_async),
        ("sqlite3.dbapi2", "connect", _connect),
        ("aiosqlite.core", "Connection._connect", _connect_async),
    ):
        when_imported(module, name, wrapper)


def _hook_django(signals: Any) -> None:
    signals.connection_created.connect(_record_statements, weak=False)


def _record_statements(connection: Any, **_: Any) -> None:
    if _execute not in connection.execute_wrappers:
        connection.execute_wrappers.append(_execute)


def _execute(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    with work("statement", verb_of(sql), **{"db.query.text": sql}):
        return execute(sql, params, many, context)


def _enter(wrapped: Any, atomic: Any, args: Any, kwargs: Any) -> None:
    from django.db.transaction import get_connection

    connection = get_connection(atomic.using)
    if is_traced() and not connection.in_atomic_block:
        stack = ExitStack()
        stack.enter_context(span("transaction", "transaction"))
        try:
            wrapped(*args, **kwargs)
        except BaseException:
            stack.close()
            raise
        setattr(connection, KEPT, stack)
        return
    wrapped(*args, **kwargs)


def _exit(wrapped: Any, atomic: Any, args: Any, kwargs: Any) -> None:
    from django.db.transaction import get_connection

    connection = get_connection(atomic.using)
    try:
        wrapped(*args, **kwargs)
    finally:
        if not connection.in_atomic_block and hasattr(connection, KEPT):
            getattr(connection, KEPT).close()
            delattr(connection, KEPT)


def _hook_sqlalchemy(engine: Any) -> None:
    from sqlalchemy import event

    event.listen(engine.Engine, "before_cursor_execute", _begin_statement)
    event.listen(engine.Engine, "after_cursor_execute", _end_statement)
    event.listen(engine.Engine, "handle_error", _end_failed)


def _begin_statement(connection: Any, _: Any, sql: str, __: Any, execution: Any, ___: Any) -> None:
    # An async driver gives the loop to others meanwhile, whose CPU time is not the statement's.
    record = span if connection.dialect.is_async else work
    stack = ExitStack()
    stack.enter_context(record("statement", verb_of(sql), **{"db.query.text": sql}))
    setattr(execution, KEPT, stack)
    if sql.startswith("BEGIN"):
        connection.info[KEPT] = time.time_ns()


def _end_statement(_: Any, __: Any, ___: Any, ____: Any, execution: Any, _____: Any) -> None:
    getattr(execution, KEPT).close()


def _end_failed(failure: Any) -> None:
    if hasattr(failure.execution_context, KEPT):
        getattr(failure.execution_context, KEPT).close()


def _begin(wrapped: Any, connection: Any, args: Any, kwargs: Any) -> None:
    # SQLite begins when it is told so; with AUTOCOMMIT nothing begins.
    is_real = connection.dialect.name != "sqlite"
    if is_real and connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.info[KEPT] = time.time_ns()
    wrapped(*args, **kwargs)


def _end(wrapped: Any, connection: Any, args: Any, kwargs: Any) -> None:
    began_at_ns = connection.info.pop(KEPT, None)
    try:
        wrapped(*args, **kwargs)
    finally:
        if began_at_ns and is_traced():
            attributes = {"kind": "transaction"}
            tracer.start_span("transaction", attributes=attributes, start_time=began_at_ns).end()


def _from_pool(wrapped: Any, pool: Any, args: Any, kwargs: Any) -> Any:
    with span("pool", "connection from the pool"):
        return wrapped(*args, **kwargs)


def _connect(wrapped: Any, driver: Any, args: Any, kwargs: Any) -> Any:
    with span("connection", "connect"):
        return wrapped(*args, **kwargs)


async def _connect_async(wrapped: Any, driver: Any, args: Any, kwargs: Any) -> Any:
    with span("connection", "connect"):
        return await wrapped(*args, **kwargs)


def verb_of(sql: str) -> str:
    """Give the first word of a statement."""
    return sql.split(maxsplit=1)[0].upper()
