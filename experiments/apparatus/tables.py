"""The tables of an experiment: one author, Ada, and three posts of hers with two tags each."""

from datetime import UTC, datetime

from django.db import connection

from django_app.models import Author, Post, Tag

POSTS = 3


def make_tables() -> None:
    """Make the tables and their rows, and close this thread's connection again."""
    with connection.schema_editor() as editor:
        for model in (Author, Post, Tag):
            editor.create_model(model)
    _fill()
    connection.close()


def _fill() -> None:
    ada = Author.objects.create(name="Ada")
    for number in range(1, POSTS + 1):
        post = Post.objects.create(
            author=ada,
            title=f"Post {number}",
            body="text",
            published=True,
            published_at=datetime(2026, 1, number, tzinfo=UTC),
        )
        Tag.objects.bulk_create(Tag(post=post, name=name) for name in ("async", "web"))
