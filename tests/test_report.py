"""The page: what it says of a run, that it needs no network, and that it lets no text be code."""

from collections.abc import Callable
from pathlib import Path

import pytest

from compare.intervals import Interval
from compare.registry.project import PROJECT_ROOT
from compare.report import render, write
from compare.report.code import read_functions
from compare.report.contract import groups
from compare.results.model import Results
from compare.results.speed import Refusal
from tests.support.page_text import Resources, full_page, words
from tests.support.sample_results import (
    CLAUSES,
    CONTRACT,
    full_results,
    pair_results,
    sample_results,
    with_a_failure,
)


def test_both_services_and_every_clause_are_on_the_page(tmp_path: Path) -> None:
    """The written page names both services and has each clause once as a row."""
    page = write(sample_results(), tmp_path / "comparison").read_text("utf-8")
    assert "Django" in page
    assert "FastAPI" in page
    for clause in CLAUSES:
        assert page.count(f'<tr id="{clause}">') == 1


@pytest.mark.parametrize("made_up", [sample_results, full_results])
def test_page_loads_nothing(made_up: Callable[[], Results]) -> None:
    """No resource of the network, no script, and no address in the style."""
    resources = Resources(page := render(made_up()))
    assert [address for address in resources.loaded if not address.startswith("data:")] == []
    assert "script" not in resources.tags
    assert "url(" not in page
    assert "@import" not in page


def test_hostile_text_stays_text() -> None:
    """A clause, a reason, a name and a command that hold markup are shown, not obeyed."""
    hostile = "<script>alert(1)</script> `<img src=x>`"
    results = with_a_failure()
    results.clauses["C1"] = results.command = results.not_timed["fastapi"] = hostile
    results.contract[0].sentence = results.contract[0].reason = hostile
    results.services[0].framework = results.scenarios[0].request = results.pinned = hostile
    results.samples[0].marks = [hostile]
    results.refusals = [Refusal(scenario="list-1", contender=hostile, block=0, reason=hostile)]
    resources = Resources(render(results))
    assert {"script", "img"} & set(resources.tags) == set()
    assert "<script>alert(1)</script>" in resources.text


def test_verdicts_are_said_in_words() -> None:
    """What is too close is called so, each ratio has its verdict, and they are counted."""
    results = pair_results()
    page = render(results)
    winners = [comparison.winner for comparison in results.comparisons]
    assert {"django", "fastapi", None} == set(winners)
    assert page.count(">too close to call") == winners.count(None) == 1
    assert "1 was too close to call" in page
    assert f"FastAPI in {winners.count('fastapi')}; " in page
    for comparison in results.comparisons:
        assert f"{comparison.verdict}</td>" in page


def test_page_begins_with_the_two_by_two() -> None:
    """Each endpoint has the rates of all four, and the answers to all four questions."""
    results = sample_results()
    text = " ".join(words(render(results)).split())
    squares = text[text.index("List, 16 in flight") : text.index("Django or FastAPI, async?")]
    for scenario in results.scenarios:
        assert f"{scenario.endpoint.capitalize()}, 16 in flight" in squares
    decided = [comparison for comparison in results.comparisons if comparison.winner]
    assert len(decided) + squares.count("too close to call") == 4 * len(results.scenarios)
    for comparison in decided:
        called = comparison.verdict.split()[0]
        assert f"{called} {comparison.margin.ratio:.2f}×" in squares


def test_failure_is_shown_and_its_service_has_no_figure() -> None:
    """A service that was not timed has its reason, and no figure or winner."""
    page = render(with_a_failure())
    text = words(page)
    assert "fastapi was not timed. It fails 1 test of the contract (C13)." in text
    assert text.count("fastapi not timed") > len(with_a_failure().scenarios)
    assert "✗ 1 of 1 failed" in text
    assert ">too close to call" not in page


def test_run_of_four_services_has_every_comparison() -> None:
    """All four pairs are drawn in every scenario of capacity, each by its own name."""
    results = full_results()
    text = words(render(results))
    drawn = {it.name for it in results.scenarios if it.study in ("closed-loop", "mixed")}
    for comparison in results.comparisons:
        if comparison.scenario in drawn:
            ratio = f"{comparison.other} ÷ {comparison.baseline} {comparison.throughput.ratio:.2f}"
            assert ratio in text


@pytest.mark.parametrize("made_up", [sample_results, full_results])
def test_run_of_one_service_has_a_page(made_up: Callable[[], Results]) -> None:
    """Its figures are shown, and nothing is compared but the service with itself."""
    results = made_up()
    results.services, results.comparisons = results.services[:1], []
    results.samples = [
        sample for sample in results.samples if sample.contender.startswith("django")
    ]
    results.samples = [sample for sample in results.samples if "blocking" not in sample.contender]
    text = words(render(results))
    assert "The same service once" in text
    assert "The A/A pair, two copies of Django in the same blocks" in " ".join(text.split())
    assert "÷" not in text.partition("The contract")[0]


@pytest.mark.parametrize("made_up", [sample_results, full_results])
def test_run_that_timed_nothing_has_a_page(made_up: Callable[[], Results]) -> None:
    """Without a service that keeps the contract the contract is still shown."""
    results = made_up()
    results.block_runs, results.samples, results.refusals = [], [], []
    results.starts, results.nulls = [], []
    results.comparisons, results.noise, results.shares = [], [], []
    text = words(render(results))
    assert "Nothing was timed" in text
    assert "The contract" in text


def test_busy_machine_and_wide_intervals_are_doubts() -> None:
    """Both are said with their figures; without them there is nothing to say."""
    results = sample_results()
    assert "Doubts" not in render(results)
    results.machine.load_average_before = 1.7
    for comparison in results.comparisons:
        comparison.throughput = Interval(ratio=1.0, low=0.8, high=1.25)
    page = render(results)
    assert "busy before the run: load average 1.70" in page
    assert "typically ±25%" in page


def test_marks_and_refusals_are_doubts_counted_by_kind() -> None:
    """Marks that differ in figures only are of one kind; a refused run has its reason."""
    text, timed = words(full_page()), len(full_results().samples)
    assert f"may have disturbed 3 of {timed} samples, for example: other programs used" in text
    assert (
        f"Refused, and counted nowhere: 1 of {timed + 1} samples: fastapi in create-256 (1)."
        in text
    )
    assert "Refused: fastapi in block 4: 3 answers were errors" in text


def test_time_that_the_hypervisor_took_is_said() -> None:
    """On a machine that is shared it is said how much was taken, on one's own nothing is."""
    results = sample_results()
    assert "hypervisor took" not in words(render(results))
    for sample in results.samples:
        sample.stolen_share = 0.14
    results.samples[0].stolen_share = 0.6
    text = words(render(results))
    assert "The hypervisor took 14% of the time of the service’s core" in text
    assert (
        "samples the hypervisor took more than half of the core: they are in no comparison" in text
    )


def test_figure_above_what_is_possible_is_a_doubt() -> None:
    """Above the bare application, or above the arithmetic ceiling, something is wrong."""
    results = full_results()
    results.shares[0].share = Interval(ratio=1.2, low=1.1, high=1.3)
    for sample in results.samples:
        if sample.scenario == "fan-out-100ms-64" and sample.contender == "django":
            sample.requests_per_second = 641
    text = words(render(results))
    assert "django is above the bare application in list-1" in text
    assert "django is above the arithmetic ceiling in fan-out-100ms-64" in text
    assert text.count("is above the") == 2


def test_service_against_itself_is_judged_in_words() -> None:
    """Too close to call is as it should be; a winner among equals is said."""
    results = sample_results()
    assert "it is too close to call, as it should be" in words(render(results))
    results.noise[0].winner, results.noise[0].verdict = "django", "Django 1.09× faster"
    text = words(render(results))
    assert "it differs from itself in closed-loop: Django 1.09× faster" in text


def test_code_is_read_from_the_source(tmp_path: Path) -> None:
    """Both services' functions are shown, from their files as they are now."""
    for package, http in (("django_app", "views.py"), ("fastapi_app", "routes.py")):
        (tmp_path / package).mkdir()
        (tmp_path / package / http).write_text(f"def list_posts():\n    return '{package} http'\n")
        (tmp_path / package / "posts.py").write_text("def list_posts():\n    return 1 < 2\n")
    text = Resources(render(sample_results(), tmp_path)).text
    for shown in ("django_app http", "fastapi_app http", "django_app/posts.py, line 1", "1 < 2"):
        assert shown in text
    assert text.count("The source is not at hand here.") == 3


@pytest.mark.skipif(
    not (PROJECT_ROOT / "fastapi_app" / "routes.py").is_file(), reason="needs the services' source"
)
def test_every_endpoint_of_ours_has_its_code() -> None:
    """Each endpoint of both services is found, in both async models."""
    text = Resources(render(full_results())).text
    assert "The source is not at hand here." not in text
    for package in ("django_app", "django_app/blocking", "fastapi_app", "fastapi_app/blocking"):
        for file in ("views.py" if "django" in package else "routes.py", "posts.py"):
            assert text.count(f"{package}/{file}, line") >= 3


def test_function_comes_with_its_decorators_and_what_it_calls() -> None:
    """Functions of the same file that it leads to are shown, others are not, in file order."""
    source = "def a(): pass\ndef b(): a()\ndef c(): pass\n@get('/')\nasync def d(): b()\n"
    assert read_functions(source, "d") == (
        1,
        "def a(): pass\n\n\ndef b(): a()\n\n\n@get('/')\nasync def d(): b()",
    )
    assert read_functions(source, "e") == (0, "")


def test_clauses_keep_the_groups_of_the_contract(tmp_path: Path) -> None:
    """The headings are those of the contract's file; without the file there is one group."""
    results = sample_results()
    grouped = groups(results, CONTRACT)
    assert next(iter(grouped)).startswith("List")
    assert [clause.id for group in grouped.values() for clause in group] == list(CLAUSES)
    assert len(groups(results, tmp_path / "absent")) == 1
