"""What the post endpoints read and write, with the blocking ORM."""

from shared.schemas import NewPost, PostDetail, PostPage, PostQuery

from ..posts import (
    PostNotFound,
    create_post_in_transaction,
    select_page,
    select_published,
    to_detail,
    to_page,
)


def list_posts(query: PostQuery) -> PostPage:
    """Give one page of published posts, newest first, in two SQL statements."""
    return to_page(list(select_page(query)), query)


def get_post(post_id: int) -> PostDetail:
    """Give one published post; PostNotFound when there is none."""
    post = select_published().filter(id=post_id).first()
    if post is None:
        raise PostNotFound(post_id)
    return to_detail(post, [tag.name for tag in post.tags.all()])


def create_post(new: NewPost) -> PostDetail:
    """Store a post and its tags in one transaction; UnknownAuthor, DuplicateTag leave nothing."""
    return create_post_in_transaction(new)
