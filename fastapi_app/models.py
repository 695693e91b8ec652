"""The tables: authors, their posts, and the posts' tags."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

# SQLite counts up only a column that it calls INTEGER; PostgreSQL's ids have 64 bits.
Id = BigInteger().with_variant(Integer, "sqlite")


class UTCDateTime(TypeDecorator[datetime]):
    """A time in UTC, also from SQLite, which keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store the time as it is in UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the time with its zone."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Model(DeclarativeBase):
    """What every table has: an id that counts up and never comes again."""

    __table_args__: Any = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(Id, Identity(), primary_key=True)


class Author(Model):
    """Somebody who writes posts."""

    __tablename__ = "author"

    name: Mapped[str] = mapped_column(String(100))


class Post(Model):
    """A text with an author; it is listed once it is published."""

    __tablename__ = "post"
    __table_args__ = (
        Index("post_author", "author_id"),
        # The list reads this one from its end: published posts, newest first.
        Index("post_published_id", "published", "id"),
        Model.__table_args__,
    )

    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    published: Mapped[bool]
    published_at: Mapped[datetime] = mapped_column(UTCDateTime)
    author_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey(Author.id, deferrable=True, initially="DEFERRED")
    )

    author: Mapped[Author] = relationship(lazy="raise")
    tags: Mapped[list["Tag"]] = relationship(lazy="raise")


class Tag(Model):
    """A word that a post is found by; a post has it once."""

    __tablename__ = "tag"
    __table_args__ = (
        UniqueConstraint("post_id", "name", name="tag_post_name"),
        Index("tag_name_post", "name", "post_id"),
        Model.__table_args__,
    )

    name: Mapped[str] = mapped_column(String(50))
    post_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey(Post.id, deferrable=True, initially="DEFERRED")
    )
