"""What became of the mutants of a module so far, line by line, so that a run can be resumed."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from compare.registry.project import PROJECT_ROOT
from compare.strict import Strict

FOLDER = PROJECT_ROOT / "build" / "mutation"


class Verdict(Strict):
    """What a stage said of one mutant: `by` names the test that killed it, None if none did."""

    place: str
    diff: str
    stage: str
    by: str | None
    is_timeout: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Say of which mutant."""
        return self.place, self.diff


@dataclass(frozen=True)
class State:
    """The file of one module; its name holds the version of the source, so another has its own."""

    path: Path

    def verdicts(self) -> dict[tuple[str, str], Verdict]:
        """Give the last verdict on each mutant."""
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        found = map(Verdict.model_validate_json, lines)
        return {verdict.key: verdict for verdict in found}

    def add(self, verdict: Verdict) -> None:
        """Write a verdict down."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(verdict.model_dump_json() + "\n")

    def forget(self, keys: Iterable[tuple[str, str]]) -> None:
        """Let mutants be asked anew."""
        forgotten = set(keys)
        kept = [verdict for key, verdict in self.verdicts().items() if key not in forgotten]
        self.path.unlink(missing_ok=True)
        for verdict in kept:
            self.add(verdict)


def blob(source: str) -> str:
    """Give the name that git has for a file of this text; `git show NAME` shows it."""
    content = source.encode()
    named = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    return named.hexdigest()[:10]


def state(module: str, source: str, folder: Path = FOLDER) -> State:
    """Give the state of a module, as its source is now."""
    return State(folder / f"{module.replace('/', '.')}-{blob(source)}.jsonl")
