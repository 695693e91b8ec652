"""An interrupted run keeps its blocks, says how to go on, and goes on."""

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compare import results
from compare.cli import app
from compare.commands.run import SET_ASIDE, UNFINISHED
from compare.results import Results

ARGUMENTS = ("run", "fastapi", "--scenario", "detail-1", "--blocks", "3", "--no-open")
DEADLINE_SECONDS = 240  # the contract is checked first

pytestmark = pytest.mark.timeout(2 * DEADLINE_SECONDS)


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a run that Ctrl-C ended after its first block, and its last words."""
    folder = tmp_path_factory.mktemp("comparison")
    command = [sys.executable, "-m", "compare", *ARGUMENTS, "--output", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, process_group=0) as process:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not (folder / UNFINISHED).exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "no block was kept"
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=DEADLINE_SECONDS)[1]
    assert process.returncode == 130
    return folder, said.splitlines()[-1]


def kept(folder: Path) -> Results:
    """What was kept of the run."""
    return results.read_unfinished(folder / UNFINISHED)


def test_ctrl_c_says_how_to_go_on(interrupted: tuple[Path, str]) -> None:
    """The last line has the number of blocks and the command, seed and all."""
    folder, said = interrupted
    part = kept(folder)
    assert 1 <= len(part.block_runs) < 3
    assert part.finished_at is None
    kept_blocks = f"blocks kept: {len(part.block_runs)}"
    go_on = f"{part.command} --output {folder} --resume"
    assert said == f"compare: stopped; {kept_blocks}; to go on: {go_on}"


def test_another_run_is_not_gone_on_with(interrupted: tuple[Path, str]) -> None:
    """Other services, arguments or seed are refused, and so is another commit."""
    folder, _ = interrupted
    arguments = [*ARGUMENTS, "--output", str(folder), "--resume"]
    answer = CliRunner().invoke(app, [*arguments, "--seed", "1"])
    assert answer.exit_code == 2
    assert answer.stderr.startswith("compare: the run that was interrupted is another: compare run")
    part = kept(folder)
    try:
        results.write(part.model_copy(update={"commit": "other"}), folder / UNFINISHED)
        answer = CliRunner().invoke(app, arguments)
    finally:
        results.write(part, folder / UNFINISHED)
    assert answer.exit_code == 2
    assert answer.stderr == (
        "compare: the run that was interrupted is of another machine, version or commit:"
        " begin again\n"
    )


def test_a_new_run_sets_an_interrupted_one_aside(
    interrupted: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an interrupted run kept is not lost to the next run without a word."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("compare.commands.run.run_plan", interrupt)
    part = kept(interrupted[0])
    results.write(part, tmp_path / UNFINISHED)
    answer = CliRunner().invoke(app, [*ARGUMENTS, "--output", str(tmp_path)])
    assert answer.exit_code == 130
    assert f"an interrupted run is set aside: {tmp_path / SET_ASIDE}\n" in answer.stderr
    assert results.read_unfinished(tmp_path / SET_ASIDE) == part


def test_nothing_to_go_on_with_is_said(tmp_path: Path) -> None:
    """Without an interrupted run there is nothing to resume."""
    arguments = [*ARGUMENTS, "--output", str(tmp_path), "--resume"]
    answer = CliRunner().invoke(app, arguments)
    assert answer.exit_code == 2
    assert answer.stderr == f"compare: {tmp_path / UNFINISHED}: no such file or directory\n"


def test_the_run_goes_on_where_it_stopped(interrupted: tuple[Path, str]) -> None:
    """The kept blocks stay as they were, the others are added, and the file is whole."""
    folder, said = interrupted
    before = kept(folder)
    arguments = shlex.split(said.partition("compare run")[2])
    answer = CliRunner().invoke(app, ["run", *arguments, "--no-open"])
    assert answer.exit_code == 0, answer.stderr
    whole = results.read(folder / "results.json")
    assert [run.number for run in whole.block_runs] == [0, 1, 2]
    assert whole.block_runs[: len(before.block_runs)] == before.block_runs
    assert [each for each in whole.samples if each.block < len(before.block_runs)] == before.samples
    assert whole.started_at == before.started_at
    assert whole.contract == before.contract
    assert not (folder / UNFINISHED).exists()
    assert json.loads((folder / "results.json").read_text())["finished_at"]
