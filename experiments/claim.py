"""What a claim is: a sentence about an async framework, and the experiments that decide it."""

import asyncio
import inspect
import textwrap
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from importlib.util import find_spec
from typing import Any, Literal

HOLDS = "holds"
FALSE = "false"
NOT_ESTABLISHED = "not established here"

Framework = Literal["Django", "FastAPI"]
Held = bool | None


@dataclass(frozen=True)
class Seen:
    """What an experiment saw.

    `held` says whether the claim held; where that hangs on something, in which circumstance it did:
    {"one": True, "another": False}. None is for what could not be found out here. `evidence` is
    what was counted or read, by what it is called.
    """

    held: Held | Mapping[str, Held]
    evidence: Mapping[str, object]


Experiment = Callable[..., Seen | Awaitable[Seen]]


@dataclass(frozen=True)
class Counterpart:
    """The same experiment with the other framework, and what is to be seen there."""

    framework: Framework
    sentence: str
    experiment: Experiment
    shows: tuple[Callable[..., object], ...]


@dataclass(frozen=True)
class Wrong:
    """What turns the verdict: the experiment's arguments with which it goes the other way."""

    sentence: str
    changes: Mapping[str, Any]


@dataclass
class Claim:
    """A claim; as a decorator it takes the experiment that decides it.

    `numbers` are those of the article's statements that it answers; a pitfall has none. `about`
    names the versions that the claim speaks of, `instead` says what to do. `why` explains a verdict
    that is not "holds" by a source function or a release note; `since` names the version since
    which the claim is no longer true. `needs` are the modules without which nothing can be seen. A
    `timed` experiment runs alone. `shows` are functions or classes that a reader should see with
    it.
    """

    id: str
    sentence: str
    _: KW_ONLY
    about: str
    instead: str
    numbers: tuple[int, ...] = ()
    why: str = ""
    since: str = ""
    framework: Framework = "Django"
    database: Literal["sqlite", "postgresql"] = "sqlite"
    needs: tuple[str, ...] = ()
    timed: bool = False
    shows: tuple[Callable[..., object], ...] = ()
    experiment: Experiment = field(init=False)
    counterpart: Counterpart | None = field(default=None, init=False)
    wrong: Wrong | None = field(default=None, init=False)

    def __call__(self, experiment: Experiment) -> "Claim":
        """Take the experiment, and stand in its place."""
        self.experiment = experiment
        return self

    def beside(
        self, framework: Framework, sentence: str, *shows: Callable[..., object]
    ) -> Callable[[Experiment], Experiment]:
        """Say what the other framework does, and decorate the experiment that decides it."""

        def take(experiment: Experiment) -> Experiment:
            self.counterpart = Counterpart(framework, sentence, experiment, shows)
            return experiment

        return take

    def falls_when(self, sentence: str, **changes: Any) -> None:
        """Say with which arguments of the experiment the verdict is another."""
        self.wrong = Wrong(sentence, changes)

    @property
    def missing(self) -> tuple[str, ...]:
        """The modules that the experiment needs and that are not installed here."""
        return tuple(name for name in self.needs if find_spec(name) is None)


def code(experiment: Experiment, shows: Iterable[Callable[..., object]] = ()) -> str:
    """Give an experiment as it is written, after what it shows besides itself."""
    return "\n\n\n".join(map(_source, (*shows, experiment)))


def see(experiment: Experiment, **changes: Any) -> Seen:
    """Run an experiment, in an event loop if it is a coroutine function."""
    seen = experiment(**changes)
    return asyncio.run(_awaited(seen)) if inspect.isawaitable(seen) else seen


def verdict(seen: Seen, since: str = "") -> str:
    """Say in words where the claim held; where it never did, it is false, or no longer true."""
    held = seen.held if isinstance(seen.held, Mapping) else {"": seen.held}
    if None in held.values():
        return NOT_ESTABLISHED
    if all(held.values()):
        return HOLDS
    if any(held.values()):
        return "holds if " + " or ".join(condition for condition, holds in held.items() if holds)
    return f"no longer true since {since}" if since else FALSE


async def _awaited(seen: Awaitable[Seen]) -> Seen:
    return await seen


def _source(shown: Callable[..., object]) -> str:
    lines = textwrap.dedent(inspect.getsource(shown)).splitlines()
    # The decorator repeats what stands beside the code.
    starts = ("def ", "async def ", "class ")
    first = next(at for at, line in enumerate(lines) if line.startswith(starts))
    return "\n".join(lines[first:])
