"""The record of instructions per request, and what has moved since it was made."""

import platform
import sqlite3
import subprocess
import sysconfig
from pathlib import Path

from compare.registry.project import PROJECT_ROOT
from compare.registry.services import APPLICATION_PACKAGES
from compare.results import provenance
from compare.results.records import Judgement, changed_versions, read_record
from compare.strict import Strict

RECORDED = PROJECT_ROOT / "docs" / "instructions.json"
TOLERANCE = 0.02  # several times what counts differ by from run to run


class InstructionCount(Strict):
    """Instructions that one request of an endpoint takes in a service's process."""

    service: str
    endpoint: str
    instructions_per_request: int


class Recording(Strict):
    """Counts, and what they depend on; one is kept for each Python, such as 3.13, and processor."""

    python: str
    architecture: str
    versions: dict[str, str]
    counts: list[InstructionCount]

    def is_of_the_same_python(self, other: "Recording") -> bool:
        """Say whether the two can be compared at all."""
        return (self.python, self.architecture) == (other.python, other.architecture)


class InstructionRecord(Strict):
    """The file."""

    recordings: list[Recording]


def recording(counts: list[InstructionCount]) -> Recording:
    """Put counts that were made here, just now, together with what they depend on."""
    return Recording(
        python=".".join(platform.python_version_tuple()[:2]),
        architecture=platform.machine(),
        versions=_versions(),
        counts=counts,
    )


def read(path: Path = RECORDED) -> InstructionRecord:
    """Read the file, an empty record if there is none; RecordError when it is damaged."""
    return read_record(path, InstructionRecord(recordings=[]))


def write(new: Recording, path: Path = RECORDED) -> None:
    """Put a recording in the place of the one of the same Python and processor; keep the others."""
    kept = [
        recording for recording in read(path).recordings if not recording.is_of_the_same_python(new)
    ]
    recordings = sorted(
        [*kept, new], key=lambda recording: (recording.architecture, recording.python)
    )
    record = InstructionRecord(recordings=recordings).model_dump_json(indent=1)
    path.write_text(record + "\n", encoding="utf-8")


def judge(record: InstructionRecord, now: Recording) -> Judgement:
    """Say what moved, if this Python was recorded; it fails only between identical versions."""
    same = [recording for recording in record.recordings if recording.is_of_the_same_python(now)]
    if not same:
        place = f"Python {now.python} on {now.architecture}"
        return Judgement([f"nothing recorded for {place}"], failed=False)
    sentences, changes = moved(same[0], now), changed_versions(same[0].versions, now.versions)
    if sentences and changes:
        return Judgement([*sentences, f"recorded with {', '.join(changes)}"], failed=False)
    return Judgement(sentences, failed=bool(sentences))


def moved(recorded: Recording, now_recorded: Recording, tolerance: float = TOLERANCE) -> list[str]:
    """Say of each count that differs by more than this part of the recorded one, how much.

    The figures in the sentences are instructions per request.
    """
    before = {
        (count.service, count.endpoint): count.instructions_per_request for count in recorded.counts
    }
    sentences = []
    for count in now_recorded.counts:
        name, now = f"{count.service} {count.endpoint}", count.instructions_per_request
        then = before.get((count.service, count.endpoint))
        if then is None:
            sentences.append(f"{name}: {_millions(now)}, and nothing is recorded")
        elif abs(now - then) > tolerance * then:
            share = f"{abs(now - then) / then * 100:.1f} % {'more' if now > then else 'less'}"
            sentences.append(f"{name}: {_millions(now)}, {share} than {_millions(then)}")
    return sentences


def _millions(instructions: int) -> str:
    return f"{instructions / 1e6:.2f} million"


def _versions() -> dict[str, str]:
    # A Python built with profile-guided optimisation takes other instructions for the same code.
    is_optimised = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    valgrind = subprocess.run(["valgrind", "--version"], check=True, capture_output=True, text=True)  # noqa: S607
    return {
        "Python": platform.python_version(),
        "compiler": platform.python_compiler() + (", optimised by profile" if is_optimised else ""),
        "C library": " ".join(platform.libc_ver()),
        "SQLite": sqlite3.sqlite_version,
        "valgrind": valgrind.stdout.strip().removeprefix("valgrind-"),
        **provenance.versions((*APPLICATION_PACKAGES, "uvloop")),
    }
