"""Servers and their speed: the CPU time that a request takes, which limits what a core answers."""

import random
from collections.abc import Sequence
from statistics import median

from compare.intervals import doubt_about, interval
from compare.running import load, requests
from experiments.apparatus.running import BARE, DJANGO, FASTAPI, get, running
from experiments.apparatus.timing import SEED, Ratio
from experiments.claim import Claim, Held, Seen

AGAIN = " again"
BLOCKS = 3
FIRST_REQUESTS = 10  # in which the frameworks import and prepare what they need
CONNECTIONS = 16
SECONDS = 0.3
PLAIN = ((100, requests.Request("GET", "/", contains="process")),)
# All have uvloop but daphne, which has a loop of its own.
FLAGS = {"gunicorn": ("--worker-class", "asgi")}


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
    """Say whether all take more; None when one of them is too close to call, and none less."""
    longer = {ratio.is_longer for ratio in ratios.values()}
    return False if False in longer else None if None in longer else True


def said(server: str, ratios: dict[str, Ratio]) -> dict[str, object]:
    """Name the ratios as a reader sees them."""
    return {f"CPU time of {name}, beside {server}'s": each for name, each in ratios.items()}


@Claim(
    "uvicorn-is-fastest-of-three",
    "uvicorn is faster than daphne and hypercorn: it takes less CPU time for a request.",
    numbers=(36,),
    about="uvicorn 0.54 with uvloop and httptools, daphne 4.2, hypercorn 0.18 with uvloop",
    instead="Choose by what a server can do as well; how much of the difference is left with Django"
    " is not shown here.",
    why="It is seen with an application of no framework, which does next to nothing. A Django view"
    " is asked on one server only, and once, so that its figure gives no more than the scale.",
    needs=("daphne", "hypercorn", "httptools", "uvloop"),
    timed=True,
    shows=(cpu_milliseconds,),
)
def uvicorn_is_fastest_of_three(
    server: str = "uvicorn", rivals: Sequence[str] = ("daphne", "hypercorn")
) -> Seen:
    """Keep each of them busy with an application of no framework; ask Django once, beside it."""
    ratios = beside(server, rivals, BARE)
    django = f"{cpu_milliseconds(server, DJANGO):.2f} ms, asked once"
    return Seen(
        held=all_longer(ratios),
        evidence={**said(server, ratios), f"a request to an async Django view on {server}": django},
    )


uvicorn_is_fastest_of_three.falls_when(
    "hypercorn is said to be the fastest", server="hypercorn", rivals=("uvicorn", "daphne")
)


@uvicorn_is_fastest_of_three.beside(
    "FastAPI",
    "With a FastAPI endpoint that does nothing, uvicorn takes less CPU time than both as well.",
)
def uvicorn_is_fastest_of_three_for_fastapi() -> Seen:
    """Keep each of them busy with an endpoint that does nothing."""
    ratios = beside("uvicorn", ("daphne", "hypercorn"), FASTAPI)
    return Seen(held=all_longer(ratios), evidence=said("uvicorn", ratios))


@Claim(
    "uvicorn-is-fastest",
    "uvicorn is the fastest ASGI server: it takes the least CPU time for a request.",
    numbers=(36,),
    about="uvicorn 0.54 with uvloop and httptools, granian 2.8 and gunicorn 27 (`asgi`) with the"
    " same loop",
    instead="Measure uvicorn and granian with your application before you choose one by its speed.",
    why="gunicorn's `asgi` worker with its parser in Python takes more CPU time. Of granian, which"
    " is written in Rust, the interval was too wide to tell where the verdicts were recorded.",
    needs=("granian", "gunicorn", "httptools", "uvloop"),
    timed=True,
    shows=(cpu_milliseconds,),
)
def uvicorn_is_fastest(rivals: Sequence[str] = ("granian", "gunicorn")) -> Seen:
    """Keep it and its rivals busy with an application of no framework that does nothing."""
    ratios = beside("uvicorn", rivals, BARE)
    return Seen(held=all_longer(ratios), evidence=said("uvicorn", ratios))


uvicorn_is_fastest.falls_when("its only rival is daphne", rivals=("daphne",))
