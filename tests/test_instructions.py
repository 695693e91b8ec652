"""Instructions are counted the same each time, and what has moved since is said."""

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from compare.errors import InstructionsError, RecordError
from compare.instructions import count
from compare.instructions.in_process import WrongAnswer
from compare.instructions.in_process import judge as judge_answer
from compare.instructions.record import (
    InstructionCount,
    InstructionRecord,
    Recording,
    judge,
    moved,
    read,
    write,
)
from compare.registry.services import SERVICES, USUAL
from compare.running.requests import ENDPOINTS

needs_valgrind = pytest.mark.skipif(bool(count.missing()), reason=count.missing())


def recording(python: str = "3.13", django: str = "6.1", **counts: int) -> Recording:
    """Give a recording of one service, with these counts."""
    return Recording(
        python=python,
        architecture="x86_64",
        versions={"Django": django},
        counts=[
            InstructionCount(service="django", endpoint=endpoint, instructions_per_request=count)
            for endpoint, count in counts.items()
        ],
    )


def test_what_moves_by_more_than_two_percent_is_said() -> None:
    """More and less are both said, with how much; less than two percent is the counting's own."""
    then = recording(list=10_000_000, detail=5_000_000, create=3_000_000)
    now = recording(list=10_500_000, detail=5_099_999, create=2_700_000)
    assert moved(then, now) == [
        "django list: 10.50 million, 5.0 % more than 10.00 million",
        "django create: 2.70 million, 10.0 % less than 3.00 million",
    ]


def test_line_that_is_still_being_written_is_no_reading_yet(tmp_path: Path) -> None:
    """The counting process writes on while its output is read: half a line is left for later."""
    counting = count.Counting(SERVICES["django"], psutil.Popen(["true"]), tmp_path)
    for written, readings in (
        ("", []),
        ("list 10\nlist", [("list", tmp_path / "10")]),
        ("list 10\nlist 1", [("list", tmp_path / "10")]),
        ("list 10\nlist 12\n", [("list", tmp_path / "10"), ("list", tmp_path / "12")]),
    ):
        (tmp_path / "output.txt").write_text(written)
        assert counting.readings == readings
    counting.process.wait()


def test_endpoint_that_was_never_recorded_is_said() -> None:
    """A new row does not pass unseen."""
    (sentence,) = moved(recording(list=10_000_000), recording(detail=5_000_000))
    assert sentence.startswith("django detail") and sentence.endswith("nothing is recorded")


@pytest.mark.parametrize(
    ("now", "failed", "said"),
    [
        (recording(list=10_000_000), False, ""),
        (recording(list=11_000_000), True, "10.0 % more"),
        (recording(list=11_000_000, django="6.2"), False, "Django 6.1 (now 6.2)"),
        (recording(list=11_000_000, python="3.12"), False, "nothing recorded for Python 3.12"),
    ],
)
def test_only_a_move_between_identical_versions_fails(
    now: Recording, failed: bool, said: str
) -> None:
    """Another Django or Python may take other instructions; our own code may not, unsaid."""
    judgement = judge(InstructionRecord(recordings=[recording(list=10_000_000)]), now)
    assert judgement.failed == failed
    assert said in " ".join(judgement.sentences)


def test_recording_takes_the_place_of_that_of_the_same_python_only(tmp_path: Path) -> None:
    """Each Python has its own counts in the file."""
    file = tmp_path / "instructions.json"
    for recorded in (recording(list=1), recording(list=2, python="3.11"), recording(list=3)):
        write(recorded, file)
    assert read(file).recordings == [recording(list=2, python="3.11"), recording(list=3)]


def test_damaged_record_is_refused(tmp_path: Path) -> None:
    """It is not taken for an empty one."""
    file = tmp_path / "instructions.json"
    file.write_text("{}")
    with pytest.raises(RecordError, match="is no record"):
        read(file)


def test_published_record_has_every_usual_service_and_endpoint() -> None:
    """What the documentation shows is whole, for each Python in it."""
    expected = {(service, endpoint) for service in USUAL for endpoint in ENDPOINTS}
    recordings = read().recordings
    assert recordings
    for recorded in recordings:
        assert {(count.service, count.endpoint) for count in recorded.counts} == expected


def test_errors_are_not_counted_as_work() -> None:
    """Another status, and a body of another kind, end the counting."""
    question = count.question("dashboard")
    judge_answer(question, 200, b'{"unavailable":[]}')
    for status, body in ((502, b'{"unavailable":[]}'), (200, b'{"unavailable":[{}]}')):
        with pytest.raises(WrongAnswer):
            judge_answer(question, status, body)


@pytest.mark.slow
@needs_valgrind
@pytest.mark.timeout(600)
def test_counts_agree_from_run_to_run() -> None:
    """Two counts at the same time differ by less than the tolerance; the record has the rest."""
    twice = [SERVICES["django-blocking"]] * 2
    counts = count.measure(twice, ["detail"], lambda *_: None)
    first, second = (counted.instructions_per_request for counted in counts)
    assert {counted.service for counted in counts} == {"django-blocking"}
    assert first > 100_000  # a request is never so little: something was counted
    assert second == pytest.approx(first, rel=0.02)


@needs_valgrind
@pytest.mark.timeout(600)
def test_service_that_fails_is_said_and_not_counted() -> None:
    """Its last words are the message."""
    sound = SERVICES["fastapi"]
    command = [part.replace("fastapi_app", "no_app") for part in sound.command]
    broken = replace(sound, command=tuple(command))
    with pytest.raises(InstructionsError, match=r"^fastapi under valgrind: Module"):
        count.measure([broken], ["detail"], lambda *_: None)
