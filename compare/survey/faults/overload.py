"""Creates at twice the rate that a service can answer, without and with a front door before it."""

import re
import time
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from compare.running import load
from compare.running.front_door import front_door
from compare.running.launch import Running
from compare.running.requests import mix_of
from compare.running.stopping import family
from compare.survey.faults.creates import CREATED, UNAVAILABLE
from compare.survey.faults.ground import Fault, Ground, Seen, client, wait_until

IN_FLIGHT = 16
WARM_UP_SECONDS, CAPACITY_SECONDS, OVERLOAD_SECONDS = 1.0, 3.0, 8.0
AT_MOST_SECONDS = 1.0
ITSELF_SECONDS = 0.1
AGAIN_SECONDS = 2.0
MIX = mix_of("create")
# As compose/nginx.conf writes it: the status, and the seconds that the answer took.
LOG_LINE = re.compile(r'^\S+ "POST .*" (?P<status>\d{3}) .* (?P<seconds>[\d.]+)$', re.MULTILINE)


def overloaded(ground: Ground) -> Seen:
    """Creates arrive at twice the rate that the service can answer, for eight seconds."""
    with ground.running() as running:
        capacity, result, threads = _overload(running.url, running)
        again_seconds = _again(running.url)
    due = round(2 * capacity * OVERLOAD_SECONDS)
    said = (
        f"answers {result.requests / OVERLOAD_SECONDS:.0f} a second, alone it was {capacity:.0f}; "
        f"{result.unanswered:,} of {due:,} have no answer, {result.errors:,} errors, {threads} "
        f"threads; as before after {again_seconds:.1f} s"
    )
    return Seen(not result.unanswered and not result.errors and again_seconds < AGAIN_SECONDS, said)


def overloaded_behind_the_door(ground: Ground) -> Seen:
    """Creates arrive so at the front door of compose.yml, which lets a client have 64 under way."""
    with ground.running() as running, front_door(running.url) as door:
        capacity, result, threads = _overload(door.url, running)
        again_seconds = _again(door.url)
        seconds_of = _answered(door.log, result.requests + result.errors)
    good, refused = seconds_of.pop(CREATED, [0.0]), seconds_of.pop(UNAVAILABLE, [0.0])
    in_time = sum(seconds <= AT_MOST_SECONDS for seconds in good) / len(good)
    others = "".join(f", {len(times)} × {status}" for status, times in seconds_of.items())
    said = (
        f"answers {len(good) / OVERLOAD_SECONDS:.0f} a second, alone it was {capacity:.0f}, "
        f"{in_time:.0%} within a second; {len(refused):,} refused with 503 at once{others}, "
        f"{result.unanswered:,} have no answer, {threads} threads; as before after "
        f"{again_seconds:.1f} s"
    )
    held = in_time > 0.99 and not others and not result.unanswered
    return Seen(held and max(refused) < AT_MOST_SECONDS and again_seconds < AGAIN_SECONDS, said)


def _overload(url: str, service: Running) -> tuple[float, load.Load, int]:
    """Find what it can answer, ask for twice as much, and count the threads at most."""
    load.run(url, MIX, load.ClosedLoop(IN_FLIGHT), WARM_UP_SECONDS)
    capacity = load.run(url, MIX, load.ClosedLoop(IN_FLIGHT), CAPACITY_SECONDS).requests_per_second
    with ThreadPoolExecutor() as threads:
        twice = load.OpenLoop(2 * capacity)
        loading = threads.submit(load.run, url, MIX, twice, OVERLOAD_SECONDS)
        most_threads = _most_threads(service, loading)
    return capacity, loading.result(), most_threads


def _most_threads(service: Running, loading: Future[load.Load]) -> int:
    most = 0
    while not loading.done():
        counts = [process.num_threads() for process in family(service.process)]
        most = max(most, sum(counts))
        wait([loading], timeout=0.2)
    return most


def _again(url: str) -> float:
    """Wait until an answer is quick again; give the seconds since the load was over."""

    def is_quick() -> bool:
        began = time.monotonic()
        with client(url) as asking:
            answer = asking.get("/posts?limit=1")
        return answer.is_success and time.monotonic() - began < ITSELF_SECONDS

    return wait_until(is_quick)


def _answered(log: Path, requests: int) -> dict[int, list[float]]:
    """Give status -> seconds of each answer, of so many requests that came last."""
    seconds_of: dict[int, list[float]] = defaultdict(list)
    for line in list(LOG_LINE.finditer(log.read_text()))[-requests:]:
        seconds_of[int(line["status"])].append(float(line["seconds"]))
    return seconds_of


FAULTS: tuple[Fault, ...] = (overloaded, overloaded_behind_the_door)
