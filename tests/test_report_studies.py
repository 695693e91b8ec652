"""The studies on the page: charts, the ladder, costs, links, and two runs set side by side."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from compare.report import render, side_by_side
from compare.report.charts import Scale
from compare.report.figures import measured_studies
from compare.report.studies import fan_out, ladder, rates, standings, waiting
from compare.results.model import labels
from tests.support.page_text import Resources, full_page, words
from tests.support.sample_results import full_results, of_older_django, sample_results


def test_every_study_has_its_section_and_its_charts() -> None:
    """A full run has all, with a line for each service that took part; a quick one has none."""
    results = full_results()
    page, quick = full_page(), render(sample_results())
    for id in ("mixed", "rates", "fan-out", "ladder", "waiting"):
        assert f'<h2 id="{id}">' in page
        assert f'<h2 id="{id}">' not in quick
    speed, names = measured_studies(results), list(labels(results.services))
    assert {name: len(charts) for name, charts in rates(speed, names).items()} == {
        "list": 2,
        "dashboard": 2,
    }
    assert [len(chart.lines) for chart in fan_out(speed, names)] == [2, 2, 2]
    assert [len(chart.lines) for chart in waiting(speed, names)] == [2, 2, 4]


def test_what_went_unanswered_is_hollow_and_said() -> None:
    """Beyond its capacity a service has hollow points, a share, and no verdict by its latency."""
    speed = measured_studies(full_results())
    lines = {line.service: line for line in rates(speed, ["django", "fastapi"])["list"][0].lines}
    assert [point.hollow for point in lines["django"].points] == [False] * 4 + [True] * 3
    text = words(full_page())
    assert "django did not keep up in every block" in text
    assert "django and fastapi did not keep up in every block" in text
    assert "623 / > 997" in text, "of 19 % the time is not known, which is more than 5 %"


def test_ladder_says_what_each_rung_adds() -> None:
    """The rungs of each service are in order, and the first adds to nothing."""
    climbed = ladder(measured_studies(full_results()), ["django", "fastapi"])
    for rungs in climbed.values():
        assert len(rungs) == 5
        assert rungs[0].added_ms is None
        for below, rung in pairwise(rungs):
            assert rung.added_ms == pytest.approx(rung.figures.cpu_ms - below.figures.cpu_ms)


def test_costs_are_of_the_service_and_lead_to_their_scenario() -> None:
    """Peaks are the highest of the service's scenarios, starts the medians, the yardstick's too."""
    results = full_results()
    standing = {
        standing.contender: standing for standing in standings(results, measured_studies(results))
    }
    assert list(standing)[-1] == "bare"
    peak = standing["django"].memory_mib
    assert peak is not None
    assert peak.value == pytest.approx(122.0)
    assert peak.measured.scenario.concurrency == 256
    assert standing["django"].ready_seconds == pytest.approx(0.84)
    assert f'<a href="#{peak.measured.anchor}">122</a>' in full_page()


def test_every_link_leads_somewhere() -> None:
    """Each figure's scenario is on the page, with the command that repeats it."""
    results, page = full_results(), full_page()
    targets = set(re.findall(r'<a href="#([^"]+)"', page))
    assert targets <= set(re.findall(r' id="([^"]+)"', page))
    assert {f"scenario-{scenario.name}" for scenario in results.scenarios} <= targets
    for scenario in results.scenarios:
        assert f"{results.command} --scenario {scenario.name}</code>" in page


def test_scenario_run_alone_is_repeated_alone() -> None:
    """The command of a run that chose scenarios is narrowed to the one, not added to."""
    results = sample_results()
    results.command += " --scenario=list-1 --scenario list-16"
    assert f"{sample_results().command} --scenario list-16</code>" in render(results)


def test_two_runs_are_set_side_by_side(tmp_path: Path) -> None:
    """What differs comes first, each run keeps its own figures and verdicts, and unlike is said."""
    older, newer = of_older_django(), sample_results()
    newer.scenarios = [scenario for scenario in newer.scenarios if scenario.name != "list-16"]
    written = side_by_side(older, newer, ("older.json", "newer.json"), tmp_path)
    page = written.read_text("utf-8")
    text = words(page)
    differing = text.partition("What is the same")[0]
    assert "Django5.2.96.1.3" in differing
    assert "Apple M2, 8 coresAMD EPYC 7B13, 2 cores" in differing
    assert "0.165.0" not in differing
    assert "set side by side, and not compared by interval" in differing
    assert [address for address in Resources(page).loaded if not address.startswith("data:")] == []
    assert text.count("not in this run") == 4
    for run in (older, newer):
        for comparison in run.comparisons:
            if run is older or comparison.scenario != "list-16":
                assert f"{comparison.throughput.high:.2f}): {comparison.verdict}" in text


def test_axis_of_a_chart_is_logarithmic_with_few_round_ticks() -> None:
    """The middle is the geometric one, and a wide axis is labelled by powers of ten alone."""
    assert Scale(1, 100).place(10) == 50
    assert Scale(4, 60).ticks == [5, 10, 20, 50]
    assert Scale(0.9, 30_000).ticks == [1, 10, 100, 1000, 10_000]
