"""The door for ASGI servers, and the wiring of the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI

from .auth import warn_if_open
from .connections import over_http
from .database import async_engine, blocking_engine
from .documents import get_docs, get_openapi
from .errors import add_handlers
from .middleware import Timing, WholePath
from .settings import settings
from .upstreams import make_client

if settings.ASYNC_MODEL == "async":
    from .routes import router
else:
    from .blocking.routes import router


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Size the thread pool, and close the HTTP client and the database pools at the end."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = settings.THREAD_LIMIT
    async with app.state.upstream_client:
        yield
    await async_engine.dispose()
    blocking_engine.dispose()


def create_app() -> FastAPI:
    """Put the application together."""
    app = FastAPI(
        title="Posts and a dashboard",
        version="1.0.0",
        description="The contract that every service of django-vs-fastapi keeps.",
        lifespan=lifespan,
        root_path_in_servers=False,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    # Not in the lifespan, which some servers (daphne) do not run; it connects when it is used.
    app.state.upstream_client = make_client()
    app.include_router(router)
    app.add_api_route("/docs", get_docs, include_in_schema=False)
    app.add_middleware(WholePath)
    app.openapi = lambda: get_openapi(app)  # type: ignore[method-assign]
    add_handlers(app)
    return app


# Both outside of Starlette, where the answer to a failure of ours passes as well.
application = over_http(Timing(create_app()))
warn_if_open()
