"""Which failures are the database's own: it is away, busy, read-only, damaged or not migrated."""

import sqlite3

# Reads a row of each table at the most, so that it takes the same time whatever their size.
ASK_EVERY_TABLE = """
SELECT EXISTS (SELECT 1 FROM author), EXISTS (SELECT 1 FROM post), EXISTS (SELECT 1 FROM tag)
"""
# PostgreSQL's, as their SQLSTATE begins: connection, state of the transaction, login, no such
# database or schema, transaction undone, no permission, no such column or table, resources,
# limits, locks, shutdown, system, internal. What is missing here, such as syntax, is our bug.
OUTAGES = (
    *("08", "25", "28", "3D", "3F", "40", "42501", "42703", "42P01"),
    *("53", "54", "55", "57", "58", "XX"),
)
# SQLite's that sqlite3 does not call operational: damaged, and no database at all.
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# A connection that met one of these may meet it again when the cause is gone: it was opened while
# the database was read-only, or before the file was replaced (which may have had no tables).
STALE_SESSION = ("25", "58", "XX")
STALE_FILE = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, *DAMAGED)


def is_outage(error: BaseException | None) -> bool:
    """Say whether a driver's error is the database's own, and no bug of ours."""
    return sqlstate(error).startswith(OUTAGES) or sqlite_code(error) in DAMAGED


def makes_stale(error: BaseException | None) -> bool:
    """Say whether a connection may keep a driver's error for good."""
    return sqlstate(error).startswith(STALE_SESSION) or sqlite_code(error) in STALE_FILE


def sqlstate(error: BaseException | None) -> str:
    """Give PostgreSQL's code for what went wrong, or nothing."""
    return getattr(error, "sqlstate", None) or ""


def sqlite_code(error: BaseException | None) -> int:
    """Give SQLite's code for what went wrong, without its details, or 0."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
