"""Django's ORM beside SQLAlchemy: whether a query needs a thread."""

from collections.abc import Awaitable, Callable

from psycopg import AsyncConnection
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from django_app.models import Author
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.observing import hops
from experiments.apparatus.site import DATABASE_URL
from experiments.claim import Claim, Seen
from fastapi_app.models import Author as AlchemyAuthor

QUERIES = 3


async def ask_django() -> None:
    """Count, get and list authors."""
    await Author.objects.acount()
    await Author.objects.aget(id=1)
    [author async for author in Author.objects.all()]


async def ask_psycopg() -> None:
    """Do the same by the driver alone."""
    async with await AsyncConnection.connect(DATABASE_URL) as connection:
        await connection.execute("SELECT count(*) FROM author")
        await connection.execute("SELECT * FROM author WHERE id = 1")
        await connection.execute("SELECT * FROM author")


@Claim(
    "django-orm-is-partly-sync",
    "Django's ORM is still partly synchronous: its async methods hand each query to a thread.",
    numbers=(43,),
    about="Django 5.2 and 6.1",
    instead="Await it all the same, which keeps the event loop free; put what belongs together "
    "into one function and one hop.",
    database="postgresql",
    shows=(ask_django,),
)
async def django_orm_is_partly_sync(
    ask_database: Callable[[], Awaitable[None]] = ask_django,
) -> Seen:
    """Count what three awaited queries hand to threads."""
    with hops() as handed:
        await ask_database()
    return Seen(
        held=len(handed) == QUERIES,
        evidence={"queries": QUERIES, "calls that threads were handed": len(handed)},
    )


django_orm_is_partly_sync.falls_when(
    "the queries go to psycopg's own async connection", ask_database=ask_psycopg
)


@django_orm_is_partly_sync.beside(
    "FastAPI", "SQLAlchemy's async session asks PostgreSQL from the event loop, without a thread."
)
async def sqlalchemy_needs_no_thread() -> Seen:
    """Count what three awaited queries hand to threads."""
    engine = async_engine()
    async with AsyncSession(engine) as session:
        await session.connection()  # whose host may have to be looked up, on a thread
        with hops() as handed:
            await session.scalar(select(func.count()).select_from(AlchemyAuthor))
            await session.get_one(AlchemyAuthor, 1)
            await session.scalars(select(AlchemyAuthor))
    await engine.dispose()
    return Seen(
        held=not handed,
        evidence={"queries": QUERIES, "calls that threads were handed": len(handed)},
    )
