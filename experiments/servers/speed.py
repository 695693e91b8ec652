"""Servers and their speed: the CPU time that a request takes, which limits what a core answers."""

import random
from collections.abc import Sequence
from statistics import median

from compare import load
from compare.statistics import doubt_about, interval
from experiments.apparatus.running import BARE, DJANGO, FASTAPI, get, running
from experiments.apparatus.timing import SEED, Ratio
from experiments.claim import Claim, Held, Seen

AGAIN = " again"
BLOCKS = 4
FIRST_REQUESTS = 10  # in which the frameworks import and prepare what they need
CONNECTIONS = 16
SECONDS = 0.4
PLAIN = ((100, load.Request("GET", "/", contains="process")),)
# uvicorn and granian take uvloop where it is installed; daphne has a loop of its own.
FLAGS = {"hypercorn": ("--worker-class", "uvloop")}


def cpu_milliseconds(server: str, application: str) -> float:
    """Start a server, keep it busy, and give the CPU time that it takes for a request."""
    with running(server, application, *FLAGS.get(server, ())) as started:
        for _ in range(FIRST_REQUESTS):
            get(started)
        before = started.cpu_seconds()
        found = load.run(started.url, PLAIN, load.ClosedLoop(CONNECTIONS), SECONDS)
        taken = started.cpu_seconds() - before
    if found.errors:
        raise RuntimeError(f"{server} answered {found.errors} requests wrongly")
    return 1000 * taken / found.requests


def beside(server: str, rivals: Sequence[str], application: str) -> dict[str, Ratio]:
    """Give how many times as much each rival takes, with every server started afresh in a block."""
    chance = random.Random(SEED)
    turns: dict[str, list[float]] = {name: [] for name in (server, server + AGAIN, *rivals)}
    for _ in range(BLOCKS):
        for name in chance.sample(list(turns), k=len(turns)):
            turns[name].append(cpu_milliseconds(name.removesuffix(AGAIN), application))
    own, again = turns[server], turns[server + AGAIN]
    return {name: compared(own, again, turns[name]) for name in rivals}


def compared(own: list[float], again: list[float], other: list[float]) -> Ratio:
    """Judge a rival's turns beside the server's, by the rule of the comparison."""
    found = interval([b / a for a, b in zip(own, other, strict=True)], SEED)
    noise = interval([b / a for a, b in zip(own, again, strict=True)], SEED)
    doubt = doubt_about(found, noise, BLOCKS)
    return Ratio(found, noise, first_ms=median(own), second_ms=median(other), doubt=doubt)


def all_longer(ratios: dict[str, Ratio]) -> Held:
    """Say whether all take longer; None when one of them is too close to call, and none shorter."""
    longer = {ratio.is_longer for ratio in ratios.values()}
    return False if False in longer else None if None in longer else True


@Claim(
    "uvicorn-is-fastest-of-three",
    "uvicorn is faster than daphne and hypercorn.",
    numbers=(36,),
    about="uvicorn 0.54 with uvloop and httptools, daphne 4.2, hypercorn 0.18 with uvloop",
    instead="Choose by what a server can do: of a Django request it takes the smaller part.",
    why="What Django does for a request takes several times what the server does, and hides much of"
    " the difference.",
    needs=("daphne", "hypercorn", "httptools", "uvloop"),
    timed=True,
    shows=(cpu_milliseconds,),
)
def uvicorn_is_fastest_of_three(
    server: str = "uvicorn",
    rivals: Sequence[str] = ("daphne", "hypercorn"),
    application: str = DJANGO,
) -> Seen:
    """Keep each of them busy with an async Django view that does nothing."""
    ratios = beside(server, rivals, application)
    return Seen(held=all_longer(ratios), evidence=ratios)


uvicorn_is_fastest_of_three.falls_when(
    "hypercorn is said to be the fastest, with FastAPI",
    server="hypercorn",
    rivals=("uvicorn", "daphne"),
    application=FASTAPI,
)


@uvicorn_is_fastest_of_three.beside(
    "FastAPI", "With a FastAPI endpoint, which takes less itself, uvicorn is faster than both."
)
def uvicorn_is_fastest_of_three_for_fastapi() -> Seen:
    """Keep each of them busy with an endpoint that does nothing."""
    ratios = beside("uvicorn", ("daphne", "hypercorn"), FASTAPI)
    return Seen(held=all_longer(ratios), evidence=ratios)


@Claim(
    "uvicorn-is-fastest",
    "uvicorn is the fastest ASGI server.",
    numbers=(36,),
    about="uvicorn 0.54 with uvloop and httptools, granian 2.8 with uvloop",
    instead="Do not choose between these two by their speed.",
    why="granian, which is written in Rust, takes about as much CPU time.",
    needs=("granian", "httptools", "uvloop"),
    timed=True,
    shows=(cpu_milliseconds,),
)
def uvicorn_is_fastest(rivals: Sequence[str] = ("granian",)) -> Seen:
    """Keep it and granian busy with an application of no framework that does nothing."""
    ratios = beside("uvicorn", rivals, BARE)
    return Seen(held=all_longer(ratios), evidence=ratios)


uvicorn_is_fastest.falls_when("its only rival is daphne", rivals=("daphne",))
