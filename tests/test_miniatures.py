"""The miniatures: the correct one answers, patches apply, and the suite catches each defect."""

from collections.abc import Iterator

import httpx
import pytest

from compare.contract.outcomes import clauses
from compare.results.model import TestOutcome as Outcome
from compare.running import databases, launch
from compare.running.addresses import HOST, free_port
from tests.contract.answers import good
from tests.miniatures import __main__ as program
from tests.miniatures.defects import DEFECTS, SOURCES, Defect, read
from tests.miniatures.kills import kill
from tests.miniatures.rows import CORRECT


@pytest.fixture(scope="module")
def miniature(sqlite: databases.Databases) -> Iterator[httpx.Client]:
    """A client of the correct miniature."""
    url = sqlite.create(CORRECT.name)
    launch.migrate(CORRECT, url)
    databases.fill(url)
    nobody = f"http://{HOST}:{free_port()}"
    with (
        launch.running(CORRECT, database_url=url, upstreams_url=nobody) as running,
        httpx.Client(base_url=running.url, trust_env=False) as client,
    ):
        yield client


def test_correct_miniature_answers(miniature: httpx.Client) -> None:
    """It makes its own tables, starts, and gives what is in them."""
    assert good(miniature.get("/ready")) == {"status": "ready"}
    assert len(good(miniature.get("/posts"))["posts"]) == 20


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS.keys())
def test_patch_applies(defect: Defect) -> None:
    """A patch changes the source, which still is Python, and names a clause of the contract."""
    changed = defect.applied(SOURCES)
    assert changed != SOURCES
    for name, source in changed.items():
        compile(source, name, "exec")
    assert defect.clause in clauses()


def test_defects_are_in_the_order_of_the_contract() -> None:
    """Every clause has one, but for that of a pool of connections, which SQLite has no need of."""
    broken = [defect.clause for defect in DEFECTS.values()]
    without_pool = [clause for clause in clauses() if clause != "C36"]
    assert list(dict.fromkeys(broken)) == without_pool


def test_defect_must_be_caught_by_its_clause() -> None:
    """Another clause does not do, and neither does one that fails among too many."""
    defect = DEFECTS["oldest-first"]
    assert kill(defect, [failure("C2")]).complaint is None
    assert kill(defect, [failure("C4")]).complaint == (
        "oldest-first is not caught by C2 (C4 fails)"
    )
    everything = kill(defect, map(failure, clauses())).complaint
    assert everything and everything.startswith("oldest-first breaks more than C2: C1, C3")


def failure(clause: str) -> Outcome:
    """Give a test of this clause that failed."""
    return Outcome(
        clause=clause, sentence="It is.", test="test_it", service="any", outcome="failed"
    )


@pytest.mark.parametrize("line", ["nobody = None", "    return Answer(post, 201)", '"""'])
def test_patch_that_does_not_apply_is_refused(line: str) -> None:
    """Old lines must be in the service exactly once, so that no patch does nothing."""
    [defect] = read(f"# stray (C1): It is nowhere.\n-{line}\n+pass")
    with pytest.raises(ValueError, match="^stray: found"):
        defect.applied(SOURCES)


def test_table_has_every_defect() -> None:
    """The committed kill table has the defects and the clauses that there are."""
    assert program.differences() == []


@pytest.mark.slow
def test_sample_of_the_defects_is_caught() -> None:
    """The correct miniature passes the suite, and one defect in twelve fails it as it must."""
    assert program.main(["--check", *list(DEFECTS)[::12]]) == 0


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.timeout(1800)
def test_every_defect_is_caught() -> None:
    """The correct miniature passes the suite, and each defect fails a test of its clause."""
    assert program.main(["--check"]) == 0
