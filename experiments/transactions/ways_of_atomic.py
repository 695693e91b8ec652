"""Ways to bring a coroutine and `atomic` together: one that works, and some that seem to."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.db import transaction

from django_app.models import Author

Work = Callable[[], Awaitable[object]]
Decorator = Callable[[Work], Work]


class Undone(Exception):
    """Raised to roll a transaction back."""


async def add_and_fail() -> None:
    """Add an author, and fail."""
    await Author.objects.acreate(name="Grace")
    raise Undone


def on_one_thread(work: Work) -> Work:
    """Run a coroutine function in a transaction, with one thread around both."""
    return sync_to_async(transaction.atomic(async_to_sync(work)))


def called_on_a_thread(work: Work) -> Work:
    """Call a coroutine function on a thread, with `atomic`, and await what it gave."""

    async def awaited() -> object:
        coroutine = await sync_to_async(transaction.atomic(work))()
        return await coroutine

    return awaited


class HomeMadeAtomic:
    """`atomic` for `async with`, as it is often written: both ends on the thread of the request."""

    def __init__(self) -> None:
        self.atomic = transaction.atomic()

    async def __aenter__(self) -> None:
        """Begin."""
        await sync_to_async(self.atomic.__enter__)()

    async def __aexit__(self, *error: Any) -> None:
        """Commit, or roll back."""
        await sync_to_async(self.atomic.__exit__)(*error)


def home_made(work: Work) -> Work:
    """Run a coroutine function in the home-made `atomic`."""

    async def in_transaction() -> object:
        async with HomeMadeAtomic():
            return await work()

    return in_transaction
