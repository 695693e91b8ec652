"""Files of what was found before, one entry for each Python: reading them, and what has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from compare.errors import RecordError
from compare.strict import Strict

Record = TypeVar("Record", bound=Strict)


@dataclass(frozen=True)
class Judgement:
    """What is to be said of new findings beside the recorded ones, a sentence each.

    `failed` when the command should fail: something differs that nobody has explained.
    """

    sentences: list[str]
    failed: bool


def read_record(path: Path, empty: Record) -> Record:
    """Read a record of the kind of `empty`, which stands for no file; RecordError if damaged."""
    if not path.exists():
        return empty
    try:
        return type(empty).model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise RecordError(f"{path} is no record: {error.errors()[0]}") from error


def changed_versions(recorded: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Name what has another version than when it was recorded, with the version of then."""
    return [
        f"{name} {recorded.get(name, 'none')} (now {version})"
        for name, version in now.items()
        if recorded.get(name) != version
    ]
