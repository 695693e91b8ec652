"""The results file: what it looks like is published, and what is not whole is refused."""

import json
from pathlib import Path

import pytest

from compare.bench.block import blocks_of
from compare.errors import UnusableResults
from compare.registry.project import PROJECT_ROOT
from compare.results.file import read_results, schema, write_results
from tests.support.sample_results import full_results, sample_results

SCHEMA = PROJECT_ROOT / "docs" / "results.schema.json"


def test_published_schema_is_that_of_the_code() -> None:
    """`compare schema > docs/results.schema.json` has been run since the format changed."""
    assert SCHEMA.read_text(encoding="utf-8") == schema()


def test_results_file_keeps_everything(tmp_path: Path) -> None:
    """What is written is read back as it was."""
    file = tmp_path / "results.json"
    write_results(whole := full_results(), file)
    assert read_results(file) == whole


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"finished_at": None}, "is of a run that was cut short"),
        ({"format_version": 1}, "is not a results file of format 2: format_version: "),
        ({"samples": [{"scenario": "list-16"}]}, "format 2: samples.0.contender: Field required"),
        ({"surplus": 1}, "format 2: surplus: Extra inputs are not permitted"),
    ],
)
def test_what_is_not_whole_is_refused(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    """A file that was cut short, of another format or damaged is refused, and it is said why."""
    file = tmp_path / "results.json"
    whole = json.loads(sample_results().model_dump_json())
    file.write_text(json.dumps(whole | changes), encoding="utf-8")
    with pytest.raises(UnusableResults, match=said):
        read_results(file)


def test_blocks_are_found_again() -> None:
    """The blocks of results hold all its samples, starts and null rates, each once and in order."""
    whole = full_results()
    blocks = blocks_of(whole)
    assert [block.run for block in blocks] == whole.block_runs
    assert sum(len(block.samples) for block in blocks) == len(whole.samples)
    assert sum(len(block.starts) for block in blocks) == len(whole.starts)
    assert sum(len(block.nulls) for block in blocks) == len(whole.nulls)
    studies = {scenario.name: scenario.study for scenario in whole.scenarios}
    for block in blocks:
        assert {studies[sample.scenario] for sample in block.samples} == {block.run.study}
        assert {sample.block for sample in block.samples} == {block.run.number}
