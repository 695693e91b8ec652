"""Import a service in a fresh process, as a server does, and hear what it says of its settings."""

import importlib
import os
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from compare.registry.environment import environment
from compare.registry.services import APPLICATIONS

DOORS = [application.doors["ASGI"].partition(":")[0] for application in APPLICATIONS]
LIBRARIES = [
    *("django.core.asgi", "fastapi", "httpx_aiohttp", "pydantic_settings", "psycopg_pool"),
    *("sqlalchemy.ext.asyncio", "dj_database_url", "shared.schemas"),
]


def refusal(door: str, settings: Mapping[str, str]) -> str:
    """Import a door with these settings; give the traceback, which is empty when all is well."""
    chosen = environment(settings)
    os.environ.clear()
    os.environ.update(chosen)
    try:
        importlib.import_module(door)
    except Exception:
        return traceback.format_exc()
    return ""


@contextmanager
def fresh_processes() -> Iterator[Executor]:
    """Give an executor whose every task has a process of its own, with the libraries loaded."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__, *LIBRARIES])
    with ProcessPoolExecutor(2, mp_context=context, max_tasks_per_child=1) as processes:
        yield processes
