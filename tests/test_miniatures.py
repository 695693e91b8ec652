"""The miniatures: the correct one answers, patches apply, and the suite catches each defect."""

from collections.abc import Iterator

import httpx
import pytest

from compare.contract.outcomes import clauses
from compare.running import databases, launch
from tests.contract.answers import good
from tests.miniatures import __main__ as program
from tests.miniatures.defects import DEFECTS, SOURCES, Defect, read
from tests.miniatures.rows import CORRECT


@pytest.fixture(scope="module")
def miniature(sqlite: databases.Databases) -> Iterator[httpx.Client]:
    """A client of the correct miniature."""
    url = sqlite.create(CORRECT.name)
    launch.migrate(CORRECT, url)
    databases.fill(url)
    nobody = f"http://{launch.HOST}:{launch.free_port()}"
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


def test_there_are_sixty_defects_in_the_order_of_the_contract() -> None:
    """Their names are different, and the table begins with the first clause."""
    numbers = [int(defect.clause[1:]) for defect in DEFECTS.values()]
    assert len(numbers) >= 60
    assert numbers == sorted(numbers)


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
@pytest.mark.timeout(1800)
def test_every_defect_is_caught() -> None:
    """The correct miniature passes the suite, and each defect fails a test of its clause."""
    assert program.main(["--check"]) == 0
