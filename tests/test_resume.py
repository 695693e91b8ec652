"""An interrupted run keeps its blocks, says how to resume, and is resumed."""

import json
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compare.cli import app
from compare.commands.options import RESULTS
from compare.commands.resumable import set_aside, unfinished
from compare.commands.run import MEASURED
from compare.results.file import read_results, read_unfinished, write_results
from compare.results.model import Results

# The commands that time services, and the files that they write.
FILES = {"run": RESULTS, "measure": MEASURED}
ARGUMENTS = ("fastapi", "--scenario", "detail-1", "--blocks", "2")
DEADLINE_SECONDS = 240  # the contract is checked first

pytestmark = pytest.mark.timeout(2 * DEADLINE_SECONDS)


@dataclass(frozen=True)
class Interrupted:
    """A run that Ctrl-C ended after its first block: what asked for it, and its last words."""

    arguments: tuple[str, ...]
    file: Path
    said: str

    @property
    def kept(self) -> Results:
        """What was kept of it."""
        return read_unfinished(unfinished(self.file))


def command(verb: str, folder: Path) -> tuple[str, ...]:
    """Give the arguments of a short run with results in this folder."""
    return (verb, *ARGUMENTS, "--output", str(folder))


@pytest.fixture(
    scope="module",
    params=[pytest.param(verb, marks=pytest.mark.slow) for verb in FILES],
)
def interrupted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Interrupted:
    """Give an interrupted run of each command that times services."""
    folder = tmp_path_factory.mktemp("comparison")
    file, arguments = folder / FILES[request.param], command(request.param, folder)
    with subprocess.Popen(
        [sys.executable, "-m", "compare", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as process:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not unfinished(file).exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "no block was kept"
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=DEADLINE_SECONDS)[1]
    assert process.returncode == 130
    return Interrupted(arguments, file, said.splitlines()[-1])


def test_ctrl_c_says_how_to_go_on(interrupted: Interrupted) -> None:
    """The last line has the number of blocks and the command, seed and all."""
    part = interrupted.kept
    assert len(part.block_runs) == 1
    assert part.finished_at is None
    kept_blocks = f"blocks kept: {len(part.block_runs)}"
    go_on = f"{part.command} --output {interrupted.file.parent} --resume"
    assert interrupted.said == f"compare: stopped; {kept_blocks}; to resume: {go_on}"


def test_another_run_is_not_gone_on_with(interrupted: Interrupted) -> None:
    """Other services, arguments or seed are refused, and so is another commit."""
    resume = [*interrupted.arguments, "--resume"]
    answer = CliRunner().invoke(app, [*resume, "--seed", "1"])
    assert answer.exit_code == 2
    part = interrupted.kept
    another = f"compare: the run that was interrupted is another: {part.command}\n"
    assert answer.stderr == another
    try:
        other_commit = part.model_copy(update={"commit": "other"})
        write_results(other_commit, unfinished(interrupted.file))
        answer = CliRunner().invoke(app, resume)
    finally:
        write_results(part, unfinished(interrupted.file))
    assert answer.exit_code == 2
    assert answer.stderr == (
        "compare: the run that was interrupted is of another machine, version or commit:"
        " begin again\n"
    )


def test_new_run_sets_an_interrupted_one_aside(
    interrupted: Interrupted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an interrupted run kept is not lost to the next run without a word."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("compare.commands.resumable.run_plan", interrupt)
    file = tmp_path / interrupted.file.name
    write_results(interrupted.kept, unfinished(file))
    answer = CliRunner().invoke(app, [*interrupted.arguments, "--output", str(tmp_path)])
    assert answer.exit_code == 130
    assert f"an interrupted run is set aside: {set_aside(file)}\n" in answer.stderr
    assert read_unfinished(set_aside(file)) == interrupted.kept


@pytest.mark.parametrize("verb", FILES)
def test_nothing_to_go_on_with_is_said(verb: str, tmp_path: Path) -> None:
    """Without an interrupted run there is nothing to resume."""
    answer = CliRunner().invoke(app, [*command(verb, tmp_path), "--resume"])
    assert answer.exit_code == 2
    lacking = unfinished(tmp_path / FILES[verb])
    assert answer.stderr == f"compare: {lacking}: no such file or directory\n"


def test_run_goes_on_where_it_stopped(interrupted: Interrupted) -> None:
    """The kept blocks stay as they were, the others are added, and the file is whole."""
    before = interrupted.kept
    words = shlex.split(interrupted.said.partition("to resume: compare ")[2])
    answer = CliRunner().invoke(app, words)  # which has no terminal, and so opens no browser
    assert answer.exit_code == 0, answer.stderr
    whole = read_results(interrupted.file)
    assert [run.number for run in whole.block_runs] == [0, 1]
    assert whole.block_runs[: len(before.block_runs)] == before.block_runs
    assert [
        sample for sample in whole.samples if sample.block < len(before.block_runs)
    ] == before.samples
    assert whole.started_at == before.started_at
    assert whole.contract == before.contract
    assert not unfinished(interrupted.file).exists()
    assert json.loads(interrupted.file.read_text())["finished_at"]
