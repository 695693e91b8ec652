"""The result of the last run of each module, and the reasons of those mutants that survive."""

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from compare.registry.project import PROJECT_ROOT
from compare.results.records import read_record
from compare.strict import Strict
from tests.mutation.modules import MODULES

PATH = PROJECT_ROOT / "docs" / "mutation.json"
REASONS = Path(__file__).with_name("survivors.toml")

Key = tuple[str, str, str]  # the module, the place in it, and the diff


class Survivor(Strict):
    """A mutant that nothing killed."""

    place: str
    diff: str


class ModuleResult(Strict):
    """What became of the mutants of one module; `source` is git's name of the file it then was."""

    module: str
    source: str
    asked_on: str
    mutants: int
    killed: dict[str, int]
    by_timeout: int
    survivors: list[Survivor]

    def survivor_keys(self) -> list[Key]:
        """Name the survivors."""
        return [(self.module, survivor.place, survivor.diff) for survivor in self.survivors]


class Record(Strict):
    """The file."""

    tool: str
    python: str
    modules: list[ModuleResult]

    def survivors(self) -> list[Key]:
        """Name all that survived."""
        return [key for module in self.modules for key in module.survivor_keys()]


def read(path: Path = PATH) -> Record:
    """Read the record; an empty one if there is none."""
    return read_record(path, Record(tool="", python="", modules=[]))


def update(results: Sequence[ModuleResult], tool: str, python: str, path: Path = PATH) -> Record:
    """Put results in the place of those of the same modules, keep the others, and write it."""
    by_module = {result.module: result for result in [*read(path).modules, *results]}
    modules = [by_module[module] for module in MODULES if module in by_module]
    now = Record(tool=tool, python=python, modules=modules)
    path.write_text(now.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return now


def reasons(path: Path = REASONS) -> dict[Key, str]:
    """Read why each survivor may live."""
    reviewed = tomllib.loads(path.read_text(encoding="utf-8")).get("reason", [])
    return {
        (module, mutant["place"], mutant["diff"].strip("\n")): reason["why"]
        for reason in reviewed
        for mutant in reason["mutants"]
        for module in mutant["modules"]
    }


def complaints(survivors: Sequence[Key], explained: Iterable[Key]) -> list[str]:
    """Say which survivor has no reason, and which reason no survivor."""
    without = [f"no reason for {_name(key)}" for key in survivors if key not in set(explained)]
    unused = [
        f"no survivor for the reason of {_name(key)}" for key in set(explained) - {*survivors}
    ]
    return without + sorted(unused)


def _name(key: Key) -> str:
    module, place, diff = key
    return f"{module}, {place}:\n{diff}"
