"""The tables: authors, their posts, and the posts' tags."""

from django.db import models


class Author(models.Model):
    """Somebody who writes posts."""

    name = models.CharField(max_length=100)

    class Meta:
        db_table = "author"

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """A text with an author; it is listed once it is published."""

    author = models.ForeignKey(Author, models.PROTECT, related_name="posts", db_index=False)
    title = models.CharField(max_length=200)
    body = models.TextField()
    published = models.BooleanField()
    published_at = models.DateTimeField()

    class Meta:
        db_table = "post"
        indexes = [
            models.Index(fields=["author"], name="post_author"),
            # The list reads this one from its end: published posts, newest first.
            models.Index(fields=["published", "id"], name="post_published_id"),
        ]

    def __str__(self) -> str:
        return self.title


class Tag(models.Model):
    """A word that a post is found by; a post has it once."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="tags", db_index=False)
    name = models.CharField(max_length=50)

    class Meta:
        db_table = "tag"
        constraints = [models.UniqueConstraint(fields=["post", "name"], name="tag_post_name")]
        indexes = [models.Index(fields=["name", "post"], name="tag_name_post")]

    def __str__(self) -> str:
        return self.name
