"""The paths that hold a value."""

from starlette.convertors import IntegerConvertor, register_url_convertor


class PostIdConvertor(IntegerConvertor):
    """A post's id in a path: 18 digits at most always fit a database's 64 bits."""

    regex = "[0-9]{1,18}"


register_url_convertor("post_id", PostIdConvertor())

POST = "/posts/{post_id:post_id}"
