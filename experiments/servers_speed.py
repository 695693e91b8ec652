"""Servers and their speed, over blocks that each start every server afresh."""

import random
from collections.abc import Sequence
from statistics import median

from compare import load
from compare.statistics import doubt_about, interval

from .claim import Held, Seen, claim
from .servers_running import BARE, DJANGO, FASTAPI, running
from .timing import SEED, Ratio

RIVALS = ("daphne", "hypercorn")
AGAIN = " again"
BLOCKS = 4
CONNECTIONS = 16
WARM_UP_SECONDS, SECONDS = 0.2, 0.5
PLAIN = ((100, load.Request("GET", "/", contains="process")),)
# uvicorn takes uvloop by itself where it is installed; daphne cannot.
FLAGS = {"hypercorn": ("--worker-class", "uvloop")}


def milliseconds(server: str, application: str) -> float:
    """Start a server, and measure how long it takes for a request when many are waiting."""
    with running(server, application, *FLAGS.get(server, ())) as started:
        load.run(started.url, PLAIN, load.ClosedLoop(CONNECTIONS), WARM_UP_SECONDS)
        found = load.run(started.url, PLAIN, load.ClosedLoop(CONNECTIONS), SECONDS)
    if found.errors:
        raise RuntimeError(f"{server} answered {found.errors} requests wrongly")
    return 1000 / found.requests_per_second


def beside(server: str, rivals: Sequence[str], application: str) -> dict[str, Ratio]:
    """Give how many times as long each rival takes, beside the server against itself."""
    chance = random.Random(SEED)
    turns: dict[str, list[float]] = {name: [] for name in (server, server + AGAIN, *rivals)}
    for _ in range(BLOCKS):
        for name in chance.sample(list(turns), k=len(turns)):
            turns[name].append(milliseconds(name.removesuffix(AGAIN), application))
    return {name: compared(turns, server, name) for name in rivals}


def compared(turns: dict[str, list[float]], server: str, rival: str) -> Ratio:
    """Judge a rival's turns beside the server's, by the rule of the comparison."""
    own, other, again = turns[server], turns[rival], turns[server + AGAIN]
    found = interval([b / a for a, b in zip(own, other, strict=True)], SEED)
    noise = interval([b / a for a, b in zip(own, again, strict=True)], SEED)
    doubt = doubt_about(found, noise, len(own))
    return Ratio(found, noise, first_ms=median(own), second_ms=median(other), doubt=doubt)


def slower(ratios: dict[str, Ratio]) -> Held:
    """Say whether all are slower; None when that is too close to call for one of them."""
    found = [ratio.is_longer for ratio in ratios.values()]
    if False in found:
        return False
    return None if None in found else True


@claim(
    "uvicorn-is-fastest",
    "uvicorn is the fastest of uvicorn, daphne and hypercorn.",
    numbers=(36,),
    about="uvicorn 0.54 with uvloop and httptools, daphne 4.2, hypercorn 0.18 with uvloop",
    instead="Choose by what a server can do: it is a small part of what a request takes.",
    needs=("daphne", "hypercorn", "k9", "uvloop", "httptools"),
    timed=True,
    shows=(milliseconds,),
)
def uvicorn_is_fastest(
    server: str = "uvicorn", rivals: Sequence[str] = RIVALS, application: str = BARE
) -> Seen:
    """Keep each server busy with an application that does nothing, one after the other."""
    ratios = beside(server, rivals, application)
    return Seen(held=slower(ratios), evidence=ratios)
