"""What an experiment leaves in the database: rows that it added, connections that are open."""

import time

import psycopg

from django_app.models import Author
from experiments.apparatus import site

# PostgreSQL takes a moment to end the process of a connection that was closed.
CLOSING_SECONDS = 1.0
POLL_SECONDS = 0.02
OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
    AND pid <> pg_backend_pid()
"""


def added_authors() -> list[str]:
    """Give the names of the authors besides Ada, in the order in which they came."""
    return list(Author.objects.exclude(name="Ada").order_by("id").values_list("name", flat=True))


def open_connections(expected: int = 0) -> int:
    """Count the open connections, once no more than expected are left or a second has passed."""
    deadline = time.monotonic() + CLOSING_SECONDS
    with psycopg.connect(site.DATABASE_URL, autocommit=True) as asking:
        while True:
            row = asking.execute(OTHERS).fetchone()
            count = row[0] if row else 0
            if count <= expected or time.monotonic() > deadline:
                return int(count)
            time.sleep(POLL_SECONDS)
