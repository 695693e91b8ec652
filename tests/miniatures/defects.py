"""The defects as data, read from `patches/*.diff`: each is a patch and the clause to catch it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
# The modules of the correct service, each before those that import it.
SOURCES = {
    f"tests.miniatures.{name}": (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    for name in ("shapes", "posts", "dashboard", "service")
}
SECTIONS = ("reads", "creates", "dashboards", "errors", "headers")
TITLE = re.compile(r"# (?P<name>[a-z0-9-]+) \((?P<clause>C\d+)\): (?P<sentence>.+\.)")


@dataclass(frozen=True)
class Change:
    """Lines of the correct service, and those in their place."""

    old: str
    new: str

    def applied(self, source: str) -> str:
        """Change a source that has the old lines."""
        return source.replace(self.old, self.new)


@dataclass(frozen=True)
class Defect:
    """One way to be wrong, in one sentence, and the clause of the contract that must catch it."""

    name: str
    clause: str
    sentence: str
    changes: tuple[Change, ...]

    def applied(self, sources: Mapping[str, str]) -> dict[str, str]:
        """Change the sources; ValueError where old lines are not in them exactly once."""
        changed = dict(sources)
        for change in self.changes:
            count = sum(source.count(change.old) for source in changed.values())
            if count != 1:
                raise ValueError(f"{self.name}: found {count} times instead of once:{change.old}")
            changed = {module: change.applied(source) for module, source in changed.items()}
        return changed


def read(text: str) -> Iterator[Defect]:
    """Read the defects of one file."""
    for block in re.split(r"\n+(?=# )", text.strip()):
        title, *lines = block.split("\n")
        match = TITLE.fullmatch(title)
        if match is None:
            raise ValueError(f"no title of a defect: {title!r}")
        changes = "\n".join(lines).split("\n@@\n")
        yield Defect(**match.groupdict(), changes=tuple(map(read_change, changes)))


def read_change(text: str) -> Change:
    """Read one change; it is of whole lines."""
    lines = text.split("\n")
    old, new = (
        "\n".join(["", *(line[1:] for line in lines if line[:1] != absent), ""]) for absent in "+-"
    )
    return Change(old, new)


_ALL = [
    defect
    for section in SECTIONS
    for defect in read((FOLDER / "patches" / f"{section}.diff").read_text(encoding="utf-8"))
]
DEFECTS = {defect.name: defect for defect in _ALL}
