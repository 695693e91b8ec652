"""Which of PostgreSQL's backends answers: it has one, a process, for each connection."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession


def backend(request: HttpRequest) -> HttpResponse:
    """Give the number of the backend that answers the request's query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return HttpResponse(str(cursor.fetchone()))


BACKEND = path("", backend)


def api(engine: AsyncEngine) -> FastAPI:
    """Give an application that closes the engine when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    return FastAPI(lifespan=lifespan)


def backend_api(engine: AsyncEngine) -> FastAPI:
    """Give an application whose one endpoint does what the view does."""
    app = api(engine)

    @app.get("/")
    async def backend() -> int | None:
        async with AsyncSession(engine) as session:
            return await session.scalar(select(func.pg_backend_pid()))

    return app
