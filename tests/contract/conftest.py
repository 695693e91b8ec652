"""The options of the contract suite, and its fixtures: a test asks for what it needs, by name.

`client` is all that most tests need. Tests that ask for `tables`, `simulator`, `start` or `token`
are skipped, saying why, where a service that somebody else runs comes without.
"""

import inspect
import platform
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version

import httpx
import pytest

from compare.registry.services import Service
from compare.running import databases, launch, stopping
from shared import seed
from tests.contract import subject as subjects
from tests.contract.choosing import chosen_services, is_beyond_yardstick
from tests.contract.simulator import Simulator
from tests.contract.subject import (
    SHORT_TIMEOUT_SECONDS,
    Instance,
    StartInstance,
    Subject,
    connect,
    starting,
)
from tests.contract.tables import Tables

GIVEN = pytest.StashKey[Subject]()
DOCSTRING = re.compile(r"(C\d+): (.+?\.)(?:\s|$)", re.DOTALL)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which services are asked, and what is known of one that somebody else runs."""
    group = parser.getgroup("contract", "the contract suite")
    group.addoption("--service", action="append", metavar="NAME", help="a service of the registry")
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
    services = chosen_services(config)
    names = [config.option.url] if config.option.url else list(services)
    modules = {"httpx", *(each for service in services.values() for each in service.requires)}
    versions = [f"{module} {_version(module)}" for module in sorted(modules)]
    return [
        f"contract of: {', '.join(names)}; database: {config.option.database}",
        f"versions: Python {platform.python_version()}, {', '.join(versions)}",
    ]


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
        names = [each if isinstance(each, str) else each.name for each in services]
        metafunc.parametrize("subject", services, indirect=True, ids=names, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Attach clause, sentence and service to each test, for the report log; choose a yardstick's.

    A yardstick is asked nothing but the happy paths.
    """
    for item in items:
        if isinstance(item, pytest.Function) and "subject" in item.fixturenames:
            sentence = DOCSTRING.match(inspect.getdoc(item.obj) or "")
            if sentence is None:
                raise pytest.UsageError(f"{item.nodeid}: its docstring starts with no clause")
            service = item.callspec.params["subject"]
            name = service.name if isinstance(service, Service) else service
            properties = {"clause": sentence[1], "sentence": sentence[2], "service": name}
            item.user_properties.extend(properties.items())
    if beyond := [item for item in items if is_beyond_yardstick(item)]:
        config.hook.pytest_deselected(items=beyond)
        items[:] = [item for item in items if not is_beyond_yardstick(item)]


@pytest.fixture(scope="session")
def source(pytestconfig: pytest.Config) -> Iterator[databases.Databases]:
    """Where the databases of our own services come from."""
    with stopping.clean_exit(), databases.open(pytestconfig.option.database) as source:
        yield source


@pytest.fixture(scope="session")
def simulator_url(source: databases.Databases) -> Iterator[str]:
    """The simulator that our own services call."""
    with launch.upstreams_running() as running:
        yield running.url


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
    with subjects.running(service, source, request.getfixturevalue("simulator_url")) as subject:
        yield subject


@pytest.fixture(scope="session")
def client(subject: Subject) -> Iterator[httpx.Client]:
    """A client of the service that sends its token."""
    with connect(subject.url, subject.token) as client:
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


@pytest.fixture
def start(subject: Subject) -> Iterator[StartInstance]:
    """Start more processes of the service with other settings; they end with the test."""
    with ExitStack() as stack:
        yield starting(subject, stack)


@pytest.fixture(scope="session")
def companions(subject: Subject, tables: Tables) -> Iterator[dict[str, Instance]]:
    """More processes of the service, with other settings, started side by side."""
    haste = {"DATABASE_TIMEOUT_SECONDS": str(SHORT_TIMEOUT_SECONDS)}
    nobody_url = f"http://{launch.HOST}:{launch.free_port()}"
    nowhere = {"database_url": tables.unreachable_url(), "upstreams_url": nobody_url}
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        start = starting(subject, stack)
        stranded = pool.submit(start, ready_path="/health", **nowhere, **haste)
        frugal = pool.submit(start, token=None, DATABASE_POOL_SIZE="1", **haste)
        patient = pool.submit(start, UPSTREAM_TIMEOUT_SECONDS="20")
        started = {"stranded": stranded, "frugal": frugal, "patient": patient}
        yield {name: each.result() for name, each in started.items()}


@pytest.fixture
def stranded(companions: dict[str, Instance]) -> httpx.Client:
    """A client of a process that can reach neither its database nor its upstreams."""
    return companions["stranded"].client


@pytest.fixture
def frugal(companions: dict[str, Instance]) -> httpx.Client:
    """A client of a process with one database connection, little patience and no token."""
    return companions["frugal"].client


@pytest.fixture
def patient(subject: Subject, request: pytest.FixtureRequest) -> httpx.Client:
    """A client of a process that waits for its upstreams as long as a busy machine may take."""
    if subject.start is None:
        client: httpx.Client = request.getfixturevalue("client")
        return client
    companions: dict[str, Instance] = request.getfixturevalue("companions")
    return companions["patient"].client


def _version(module: str) -> str:
    try:
        return version(module)
    except PackageNotFoundError:
        return "not installed"
