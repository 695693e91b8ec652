"""More processes of the service, with other settings, which start while the first tests run."""

import socket
from collections.abc import Collection
from contextlib import ExitStack, suppress
from typing import Any

import psutil
import pytest

from compare.running.addresses import HOST, free_port
from tests.contract.subject import SHORT_TIMEOUT_SECONDS, Instance, Subject
from tests.contract.tables import Tables

HASTE = {"DATABASE_TIMEOUT_SECONDS": str(SHORT_TIMEOUT_SECONDS)}


class Companions:
    """The companions that the collected tests ask for, each by its name."""

    def __init__(self, subject: Subject, names: Collection[str], stack: ExitStack) -> None:
        self._instances: dict[str, Instance] = {}
        if subject.begin is not None and subject.engine is not None:
            for name, settings in _settings(Tables(subject.engine), stack).items():
                if name in names:
                    self._instances[name] = stack.enter_context(subject.begin(**settings))
        stack.callback(self._ask_to_end)

    def ready(self, name: str) -> Instance:
        """Give a companion once it takes requests; skip the test where there is none."""
        if name not in self._instances:
            pytest.skip("needs a service that the suite itself starts with other settings")
        self._instances[name].wait_until_ready()
        return self._instances[name]

    def _ask_to_end(self) -> None:
        # All of them before the first is waited for, so that they end side by side.
        for instance in self._instances.values():
            with suppress(psutil.NoSuchProcess):
                instance.process.process.terminate()


def _settings(tables: Tables, stack: ExitStack) -> dict[str, dict[str, Any]]:
    nobody_url = f"http://{HOST}:{free_port()}"
    nowhere = {"database_url": tables.unreachable_url(), "upstreams_url": nobody_url}
    settings: dict[str, dict[str, Any]] = {
        "frugal": {"token": None, "DATABASE_POOL_SIZE": "1", **HASTE},
        "doomed": {},
        "patient": {"UPSTREAM_TIMEOUT_SECONDS": "20"},
        "stranded": {"ready_path": "/health", **nowhere, **HASTE},
        "forsaken": {"DATABASE_POOL_SIZE": "2"},
    }
    if tables.is_postgres:
        silent = stack.enter_context(socket.create_server((HOST, 0)))
        url = f"postgresql://nobody:nothing@{HOST}:{silent.getsockname()[1]}/nowhere"
        settings["unheard"] = {"ready_path": "/health", "database_url": url, **HASTE}
    return settings
