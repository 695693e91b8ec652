"""The options of the contract suite, and its fixtures: a test asks for what it needs, by name.

Most need a `client`, those with many requests in flight an async one. Tests that ask for `tables`,
`simulator`, `token` or a companion are skipped, saying why, where somebody's service has none.
"""

import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import httpx
import pytest
import pytest_asyncio

from compare.registry.services import Service
from compare.running import databases, launch, stopping
from shared import seed
from tests.contract import subject as subjects
from tests.contract.choosing import chosen_services, fixture_names, is_beyond_yardstick
from tests.contract.companions import Companions
from tests.contract.reporting import describe, header
from tests.contract.simulator import Simulator
from tests.contract.subject import Instance, Subject, connect, connect_async
from tests.contract.tables import Tables

GIVEN = pytest.StashKey[Subject]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which services are asked, and what is known of one that somebody else runs."""
    group = parser.getgroup("contract", "the contract suite")
    group.addoption("--service", action="append", metavar="NAME", help="a service of the registry")
    group.addoption("--rows", metavar="MODULE", help="whose SERVICES join the registry's")
    group.addoption("--url", metavar="URL", help="a service that you run, with the seed data")
    group.addoption("--token", metavar="TOKEN", help="with --url: its API_TOKEN")
    group.addoption("--upstreams", metavar="URL", help="with --url: the simulator that it calls")
    group.addoption(
        "--database",
        default="sqlite",
        metavar="DATABASE",
        help="sqlite (default), postgres or a URL; with --url: its database, which is EMPTIED",
    )


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is tested, on which database, with which versions."""
    return header(config)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Meet the service that somebody else runs, and refuse one that cannot be tested."""
    option = session.config.option
    if option.url:
        database_url = None if option.database in ("sqlite", "postgres") else option.database
        given = subjects.given(option.url, option.token, option.upstreams, database_url)
        if complaint := subjects.complaint(given):
            raise pytest.UsageError(f"{option.url}: {complaint}")
        session.config.stash[GIVEN] = given


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on every service, one service after the other."""
    if "subject" in metafunc.fixturenames:
        url = metafunc.config.option.url
        services = [url] if url else list(chosen_services(metafunc.config).values())
        names = [service if isinstance(service, str) else service.name for service in services]
        metafunc.parametrize("subject", services, indirect=True, ids=names, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Describe each test, for the report log; a yardstick is asked the happy paths only."""
    for item in items:
        if isinstance(item, pytest.Function) and "subject" in item.fixturenames:
            describe(item)
    if beyond := [item for item in items if is_beyond_yardstick(item)]:
        config.hook.pytest_deselected(items=beyond)
        items[:] = [item for item in items if not is_beyond_yardstick(item)]


@pytest.hookimpl(tryfirst=True)
def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """End at once: pytest shows the whole traceback first, for seconds, and then stops fixtures."""
    excinfo.traceback = excinfo.traceback[-1:]


@pytest.fixture(scope="session")
def source(pytestconfig: pytest.Config) -> Iterator[databases.Databases]:
    """Where the databases of our own services come from."""
    kind = pytestconfig.option.database
    with stopping.clean_exit(signal.default_int_handler), databases.open(kind) as source:
        yield source


@pytest.fixture(scope="session")
def upstreams(source: databases.Databases) -> Iterator[launch.Running]:
    """The simulator that our own services call, which starts while they are migrated."""
    with launch.begun("upstreams", launch.SIMULATOR) as running:
        yield running


@pytest.fixture(scope="session")
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    """The service under test."""
    service: Service | str = request.param
    if isinstance(service, str):
        yield request.config.stash[GIVEN]
        return
    if service.missing:
        pytest.skip(f"{service.name} needs modules that are not here: {', '.join(service.missing)}")
    source = request.getfixturevalue("source")
    with subjects.running(service, source, request.getfixturevalue("upstreams")) as subject:
        yield subject


@pytest.fixture(scope="session", autouse=True)
def companions(subject: Subject, request: pytest.FixtureRequest) -> Iterator[Companions]:
    """The companions that tests ask for; autouse, since they start while the first tests run."""
    names = fixture_names(request.session.items, subject.name)
    with ExitStack() as stack:
        yield Companions(subject, names, stack)


@pytest.fixture(scope="session")
def client(subject: Subject) -> Iterator[httpx.Client]:
    """A client of the service that sends its token."""
    with connect(subject.url, subject.token) as client:
        yield client


@pytest_asyncio.fixture(scope="session")
async def async_client(subject: Subject) -> AsyncIterator[httpx.AsyncClient]:
    """The same for tests that have many requests in flight."""
    async with connect_async(subject.url, subject.token) as client:
        yield client


@pytest.fixture(scope="session")
def anonymous(subject: Subject) -> Iterator[httpx.Client]:
    """A client of the service that sends no token."""
    with connect(subject.url) as client:
        yield client


@pytest.fixture
def token(subject: Subject) -> str:
    """The token that the service wants for a create."""
    if subject.token is None:
        pytest.skip("needs the service's token: give --token")
    return subject.token


@pytest.fixture(scope="session")
def tables(subject: Subject) -> Tables:
    """The service's tables, asked past the service."""
    if subject.engine is None:
        pytest.skip("needs the service's database: give --database")
    return Tables(subject.engine)


@pytest.fixture
def tidy(subject: Subject) -> Iterator[None]:
    """Forget after the test the posts that it created."""
    yield
    if subject.engine is not None:
        seed.forget_newer(subject.engine)


@pytest.fixture(scope="session")
def simulator_client(subject: Subject) -> Iterator[httpx.Client]:
    """A client of the simulator that the service calls."""
    if subject.upstreams_url is None:
        pytest.skip("needs the simulator that the service calls: give --upstreams")
    with connect(subject.upstreams_url) as client:
        yield client


@pytest.fixture
def simulator(simulator_client: httpx.Client) -> Iterator[Simulator]:
    """The upstreams, all well and without hits."""
    simulator = Simulator(simulator_client)
    simulator.reset()
    yield simulator
    simulator.reset()


@pytest.fixture
def upstream_timeout_ms(subject: Subject) -> float:
    """How long the service waits for an upstream."""
    if subject.upstream_timeout_seconds is None:
        pytest.skip("needs to know UPSTREAM_TIMEOUT_SECONDS, so a service started by the suite")
    return subject.upstream_timeout_seconds * 1000


@pytest.fixture(scope="session")
def stranded(companions: Companions) -> Iterator[httpx.Client]:
    """A client of a process that can reach neither its database nor its upstreams."""
    with companions.ready("stranded").connect() as client:
        yield client


@pytest.fixture(scope="session")
def unheard(companions: Companions, tables: Tables) -> Iterator[httpx.Client]:
    """A client of a process whose database server takes its connections and says nothing."""
    if not tables.is_postgres:
        pytest.skip("SQLite has no server that could fall silent")
    with companions.ready("unheard").connect() as client:
        yield client


@pytest.fixture(scope="session")
def frugal(companions: Companions) -> Iterator[httpx.Client]:
    """A client of a process with one database connection, little patience and no token."""
    with companions.ready("frugal").connect() as client:
        yield client


@pytest_asyncio.fixture(scope="session")
async def async_frugal(frugal: httpx.Client) -> AsyncIterator[httpx.AsyncClient]:
    """The same for tests that have many requests in flight."""
    async with connect_async(str(frugal.base_url)) as client:
        yield client


@pytest.fixture(scope="session")
def patient(subject: Subject, companions: Companions) -> Iterator[httpx.Client]:
    """A client of a process that waits for its upstreams as long as a busy machine may take."""
    url = companions.ready("patient").process.url if subject.begin else subject.url
    with connect(url, subject.token) as client:
        yield client


@pytest_asyncio.fixture(scope="session")
async def async_patient(
    subject: Subject, patient: httpx.Client
) -> AsyncIterator[httpx.AsyncClient]:
    """The same for tests that have many requests in flight."""
    async with connect_async(str(patient.base_url), subject.token) as client:
        yield client


@pytest.fixture
def doomed(companions: Companions) -> Instance:
    """A process that one test may kill."""
    return companions.ready("doomed")


@pytest.fixture
def forsaken(companions: Companions) -> Instance:
    """A process with two database connections, whose clients go away, and which a test may stop."""
    return companions.ready("forsaken")
