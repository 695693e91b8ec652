"""Servers and their speed: the CPU time that a request takes, which limits what a core answers."""

import random
from collections.abc import Sequence

from compare.running import load, requests
from experiments.apparatus.running import BARE, DJANGO, FASTAPI, get, running
from experiments.apparatus.timing import SECOND_COPY, SEED, Ratio, ratio_of_turns
from experiments.claim import Claim, Held, Seen

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
        result = load.run(started.url, PLAIN, load.ClosedLoop(CONNECTIONS), SECONDS)
        taken = started.cpu_seconds() - before
    if result.errors:
        raise RuntimeError(f"{server} answered {result.errors} requests wrongly")
    return 1000 * taken / result.requests


def ratios_to(server: str, rivals: Sequence[str], application: str) -> dict[str, Ratio]:
    """Give how many times as much each rival takes; every block starts all servers afresh."""
    chance = random.Random(SEED)
    turns: dict[str, list[float]] = {name: [] for name in (server, server + SECOND_COPY, *rivals)}
    for _ in range(BLOCKS):
        for name in chance.sample(list(turns), k=len(turns)):
            turns[name].append(cpu_milliseconds(name.removesuffix(SECOND_COPY), application))
    own, a_a_copy = turns[server], turns[server + SECOND_COPY]
    return {rival: ratio_of_turns(own, a_a_copy, turns[rival]) for rival in rivals}


def all_longer(ratios: dict[str, Ratio]) -> Held:
    """Say whether all take more; None when one of them is too close to call, and none less."""
    longer = {ratio.is_longer for ratio in ratios.values()}
    return False if False in longer else None if None in longer else True


def evidence_of(server: str, ratios: dict[str, Ratio]) -> dict[str, object]:
    """Name the ratios as a reader sees them."""
    return {f"CPU time of {rival}, beside {server}'s": ratio for rival, ratio in ratios.items()}


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
    ratios = ratios_to(server, rivals, BARE)
    django = f"{cpu_milliseconds(server, DJANGO):.2f} ms, asked once"
    return Seen(
        held=all_longer(ratios),
        evidence={
            **evidence_of(server, ratios),
            f"a request to an async Django view on {server}": django,
        },
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
    ratios = ratios_to("uvicorn", ("daphne", "hypercorn"), FASTAPI)
    return Seen(held=all_longer(ratios), evidence=evidence_of("uvicorn", ratios))


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
    ratios = ratios_to("uvicorn", rivals, BARE)
    return Seen(held=all_longer(ratios), evidence=evidence_of("uvicorn", ratios))


uvicorn_is_fastest.falls_when("its only rival is daphne", rivals=("daphne",))
