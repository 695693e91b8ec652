"""Mutation testing: the committed result is whole, and mutants are what its page says they are."""

from pathlib import Path

import pytest

from tests.mutation import document, record
from tests.mutation.forked import SUITE
from tests.mutation.modules import MODULES, first_tests, own_tests
from tests.mutation.mutants import mutants
from tests.mutation.state import Verdict, state
from tests.support.source_files import ROOT

SOURCE = '''\
"""A module with one endpoint."""

@get("/there")
async def there(limit: int = 3) -> str | None:
    return give("Here", limit, status=200)
'''


def test_results_are_of_modules_that_there_are() -> None:
    """The modules that are mutated are there; the page names those that were not asked."""
    asked = [result.module for result in record.read().modules]
    assert asked == [module for module in MODULES if module in asked]
    assert [module for module in MODULES if not (ROOT / module).is_file()] == []


@pytest.mark.parametrize("module", MODULES)
def test_tests_that_are_asked_of_a_module_are_there(module: str) -> None:
    """A file of tests that got another name is not asked without anybody's notice."""
    files = [SUITE / f"{name}.py" for name in first_tests(module)]
    files += [ROOT / "tests" / f"{name}.py" for name in own_tests(module)]
    assert [file for file in files if not file.is_file()] == []


def test_counts_add_up() -> None:
    """Each mutant was killed by one stage or survived; a kill by a timeout is one of them."""
    for result in record.read().modules:
        killed = sum(result.killed.values())
        assert result.mutants == killed + len(result.survivors), result.module
        assert result.by_timeout <= killed, result.module


def test_each_survivor_has_a_reason_and_each_reason_a_survivor() -> None:
    """Nothing that survives goes unexplained, and no reason outlives its mutant."""
    asked = {result.module for result in record.read().modules}
    explained = [key for key in record.reasons() if key[0] in asked]
    assert record.complaints(record.read().survivors(), explained) == []


def test_survivor_without_a_reason_is_named() -> None:
    """So is a reason without a survivor: either fails the command."""
    key = ("a.py", "there", "-1\n+2")
    assert record.complaints([key], {}) == ["no reason for a.py, there:\n-1\n+2"]
    [unused] = record.complaints([], {key: "None."})
    assert unused == "no survivor for the reason of a.py, there:\n-1\n+2"


def test_page_says_what_the_record_and_the_reasons_say() -> None:
    """docs/mutation.md is written from them, and not by hand."""
    written = document.write(record.read(), record.reasons())
    assert document.PATH.read_text(encoding="utf-8") == written


def test_mutants_are_of_decorated_functions_as_well() -> None:
    """The decorator is no part of any change; annotations, docstrings and doubles are left out."""
    made = mutants("there.py", SOURCE)
    lines = [mutant.diff.split("\n")[-1] for mutant in made]
    assert lines == [
        "+async def there(limit: int = 4) -> str | None:",
        '+return give("Here", limit, )',
        '+return give("XXHereXX", limit, status=200)',
        '+return give("Here", limit, status=201)',
    ]
    assert {mutant.place for mutant in made} == {"there"}
    assert all(mutant.source.startswith(SOURCE[: SOURCE.index("async")]) for mutant in made)


def test_survivors_are_asked_anew_and_kills_are_kept(tmp_path: Path) -> None:
    """A state forgets every mutant that it is told to, and goes on with the others."""
    made = state("there.py", SOURCE, tmp_path)
    verdicts = [Verdict(place="there", diff=diff, stage="quick", by=None) for diff in "abc"]
    for verdict in verdicts:
        made.add(verdict)
    made.forget(verdict.key for verdict in verdicts[:2])
    assert list(made.verdicts()) == [("there", "c")]
