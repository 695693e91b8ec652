"""A FastAPI application whose clients go away: a slow endpoint that notes how it ended."""

import asyncio

from fastapi import FastAPI
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncSession

from experiments.apparatus.alchemy import async_engine
from fastapi_app.models import Author

SLOW_SECONDS = 4.0
events: list[str] = []
application = FastAPI()
engine = async_engine(poolclass=NullPool)


@application.get("/slow")
async def slow() -> None:
    """Write and wait in a transaction, and note whether it was committed."""
    events.append("began")
    try:
        async with AsyncSession(engine) as session, session.begin():
            session.add(Author(name="Grace"))
            await asyncio.sleep(SLOW_SECONDS)
    except asyncio.CancelledError:
        events.append("cancelled")
        raise
    events.append("committed")


@application.get("/events")
async def tell() -> list[str]:
    """Give what was noted."""
    return events
