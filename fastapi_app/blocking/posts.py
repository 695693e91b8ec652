"""What the post endpoints read and write, with SQLAlchemy's blocking session."""

from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.schemas import NewPost, PostDetail, PostPage, PostQuery

from ..models import Author, Post, Tag
from ..posts import (
    DuplicateTag,
    PostNotFound,
    UnknownAuthor,
    select_page,
    select_published,
    to_detail,
    to_page,
)


def list_posts(session: Session, query: PostQuery) -> PostPage:
    """Give one page of published posts, newest first, in two SQL statements."""
    return to_page(session.scalars(select_page(query)).all(), query)


def get_post(session: Session, post_id: int) -> PostDetail:
    """Give one published post; PostNotFound when there is none."""
    post = session.scalar(select_published().where(Post.id == post_id))
    if post is None:
        raise PostNotFound(post_id)
    return to_detail(post, [tag.name for tag in post.tags])


def create_post(session: Session, new: NewPost) -> PostDetail:
    """Store a post and its tags in one transaction; UnknownAuthor, DuplicateTag leave nothing."""
    try:
        with session.begin():
            author = session.get(Author, new.author_id)
            if author is None:
                raise UnknownAuthor(new.author_id)
            post = Post(
                author=author,
                title=new.title,
                body=new.body,
                published=True,
                published_at=datetime.now(UTC),
            )
            session.add(post)
            session.flush()
            session.add_all([Tag(post_id=post.id, name=name) for name in new.tags])
            try:
                session.flush()
            except IntegrityError as error:
                raise DuplicateTag from error
    except IntegrityError as error:  # the author was deleted after the check; the commit says so
        raise UnknownAuthor(new.author_id) from error
    return to_detail(post, new.tags)
