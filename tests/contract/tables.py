"""The service's database, asked directly: what a service says of itself proves nothing."""

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, delete, func, insert, select, text

from compare.running import databases
from compare.running.addresses import HOST, free_port
from shared import seed

END_OTHER_SESSIONS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Tables:
    """The tables of the contract on one database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_postgres = engine.dialect.name == "postgresql"

    def counts(self) -> tuple[int, int]:
        """Give how many posts and how many tags there are."""
        with self.engine.connect() as connection:
            posts, tags = (
                connection.scalar(select(func.count()).select_from(table))
                for table in (seed.post, seed.tag)
            )
        return posts or 0, tags or 0

    def new_titles(self) -> dict[int, str]:
        """Give the title of every post that came after the seed data, by id."""
        newer = select(seed.post.c.id, seed.post.c.title).where(seed.post.c.id > seed.POSTS)
        with self.engine.connect() as connection:
            return {id: title for id, title in connection.execute(newer)}

    def new_tags(self) -> dict[int, set[str]]:
        """Give the tags of every post that came after the seed data, by id; posts without, too."""
        newer = select(seed.tag.c.post_id, seed.tag.c.name).where(seed.tag.c.post_id > seed.POSTS)
        tags: defaultdict[int, set[str]] = defaultdict(set)
        with self.engine.connect() as connection:
            for post_id, name in connection.execute(newer):
                tags[post_id].add(name)
        return {id: tags[id] for id in self.new_titles().keys() | tags.keys()}

    def add_tag(self, post_id: int, name: str) -> None:
        """Insert a tag past the service; IntegrityError when the database's constraints refuse."""
        with self.engine.begin() as connection:
            connection.execute(insert(seed.tag), {"post_id": post_id, "name": name})

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold a lock until the block ends: against writers, on PostgreSQL against readers too."""
        autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with autocommit.connect() as connection:
            # Not the engine's own transaction, since SQLite's begins without a lock.
            connection.execute(text("BEGIN" if self.is_postgres else "BEGIN IMMEDIATE"))
            if self.is_postgres:
                connection.execute(text("LOCK TABLE post IN ACCESS EXCLUSIVE MODE"))
            yield
            connection.execute(text("ROLLBACK"))

    def add_author(self, name: str) -> int:
        """Insert an author past the service, and give the id."""
        with self.engine.begin() as connection:
            newest = connection.scalar(select(func.max(seed.author.c.id))) or 0
            connection.execute(insert(seed.author), {"id": newest + 1, "name": name})
        return newest + 1

    @contextmanager
    def tags_locked(self) -> Iterator[Callable[[int], object]]:
        """Hold back whoever writes tags until the block ends; give what deletes an author."""
        autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with autocommit.connect() as connection:
            connection.execute(text("BEGIN" if self.is_postgres else "BEGIN IMMEDIATE"))
            if self.is_postgres:
                connection.execute(text("LOCK TABLE tag IN SHARE MODE"))
            yield lambda id: connection.execute(delete(seed.author).where(seed.author.c.id == id))
            connection.execute(text("COMMIT"))

    @contextmanager
    def without_tags(self) -> Iterator[None]:
        """Take the table of the tags away until the block ends, as before its migration."""
        self._run("ALTER TABLE tag RENAME TO tag_away")
        try:
            yield
        finally:
            self._run("ALTER TABLE tag_away RENAME TO tag")

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Let no session that begins in the block write, and end those before it (PostgreSQL)."""
        database = f'ALTER DATABASE "{self.engine.url.database}"'
        self._run(f"{database} SET default_transaction_read_only = on", END_OTHER_SESSIONS)
        try:
            yield
        finally:
            writable = "SET default_transaction_read_only = off"
            self._run(writable, f"{database} RESET default_transaction_read_only")

    @contextmanager
    def away(self) -> Iterator[None]:
        """End all sessions and refuse new ones until the block ends (PostgreSQL)."""
        server = databases.engine(self.engine.url.set(database="postgres").render_as_string(False))
        allow = f'ALTER DATABASE "{self.engine.url.database}" ALLOW_CONNECTIONS'
        autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with server.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            with autocommit.connect() as inside:
                connection.execute(text(f"{allow} false"))
                inside.execute(text(END_OTHER_SESSIONS))
            try:
                yield
            finally:
                connection.execute(text(f"{allow} true"))

    def _run(self, *statements: str) -> None:
        autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with autocommit.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def waiting_for_lock(self) -> int:
        """Give how many connections wait for a lock now (PostgreSQL)."""
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        with self.engine.connect() as connection:
            return connection.scalar(waiting) or 0

    def unreachable_url(self) -> str:
        """Give the URL of a database of the same kind that cannot be reached."""
        if self.is_postgres:
            return f"postgresql://nobody:nothing@{HOST}:{free_port()}/nowhere"
        return f"sqlite:////nowhere-{secrets.token_hex(8)}/nothing.sqlite3"
