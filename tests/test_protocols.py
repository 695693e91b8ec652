"""Servers are really asked for each protocol, and what they are said to speak they speak."""

from dataclasses import replace
from importlib.util import find_spec

import pytest

from compare.registry.servers import PYTHON, SERVERS

for module in ("h2", "trustme", "websockets"):
    pytest.importorskip(module, reason="pip install '.[servers]'")

from compare.survey import protocols  # noqa: E402

# What each speaks (True: as it comes; False: with flags only; None: not at all), in the order of
# the protocols: HTTP/1.1, HTTP/2 over TLS, HTTP/2 in clear text, WebSocket.
SPOKEN = {
    "uvicorn": (True, False, False, True),
    "daphne": (True, True, None, True),
    "hypercorn": (True, True, True, True),
    "granian": (True, True, True, True),
    "gunicorn gthread": (True, False, False, None),
    "uWSGI": (True, None, None, None),
}


@pytest.mark.parametrize(("name", "spoken"), SPOKEN.items())
def test_server_speaks_what_it_is_seen_to_speak(name: str, spoken: tuple[bool | None, ...]) -> None:
    """Each answer is from a run, and says which flags it took."""
    needed = [*SERVERS[name].requires, *(["zttp"] if name == "uvicorn" else [])]
    if missing := [module for module in needed if find_spec(module) is None]:
        pytest.skip(f"{', '.join(missing)} is not installed: pip install '.[servers]'")
    cells = protocols.observe_server(SERVERS[name])
    assert [cell.protocol for cell in cells] == list(protocols.PROTOCOLS)
    assert tuple(cell.by_default if cell.works else None for cell in cells) == spoken
    assert all(cell.said for cell in cells)


def test_server_that_does_not_start_says_why() -> None:
    """What ends before it listens does not speak the protocol, and its last words are kept."""
    command = (PYTHON, "-c", "raise SystemExit('no such flag')")
    cells = protocols.observe_server(replace(SERVERS["uWSGI"], command=command))
    assert {cell.works for cell in cells} == {False}
    assert {cell.said for cell in cells} == {
        "does not start: uWSGI ended with exit code 1: no such flag"
    }
