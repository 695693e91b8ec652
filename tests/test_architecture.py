"""The house rules: who may import whom, where a service is named, and how long a file may be."""

import ast
import re
from graphlib import TopologicalSorter
from itertools import pairwise

import pytest

import compare
from compare.registry.services import APPLICATIONS
from tests.support.imports import PACKAGES, graph, imports, is_in, modules
from tests.support.source_files import (
    ROOT,
    SERVICE_FOLDERS,
    TOOL_FOLDERS,
    Function,
    imported_names,
    parsed,
    relative,
    sources,
    texts,
)

# The map of the instrument: its rooms from the ground up, some lines with more than one.
MAP = re.findall(r"^- ([a-z, ]+): ", compare.__doc__ or "", re.MULTILINE)
FLOORS = [tuple(room.strip() for room in line.split(",")) for line in MAP]
ENTRANCES = ("cli", "__main__")
FLOOR_OF = {room: floor for floor, rooms in enumerate([*FLOORS, ENTRANCES]) for room in rooms}
GROUND_FLOOR = ("errors", "strict", "intervals", "registry", "client", "running")
# What the instrument starts as a process, a module by `-m` and name or an application by
# `module:attribute`, and the room that starts it.
STARTED = {
    "compare.client": "running",
    "compare.instructions.in_process": "instructions",
    "compare.survey.protocols_app": "survey",
    "compare.survey.recording": "survey",
    "experiments": "claims",
    "experiments.worker": "claims",
    "shared.upstreams": "running",
    "tracing": "ledger",
}
APPLICATION = re.compile(r"([a-z_]+(?:\.[a-z_]+)+):[a-z_]+")
# What it has another program run, by its folder.
STARTED_BY_FOLDER = {"tests.contract": "contract"}
FRAMEWORKS = [application.framework.lower() for application in APPLICATIONS]
MAX_APP_FILE_LINES = 125
MAX_TOOL_FILE_LINES = 250
MAX_FUNCTION_LINES = 25


def room_of(module: str) -> str:
    """Give the room of the instrument that a module of it is in."""
    return module.split(".")[1]


def instrument_imports(*packages: str) -> list[tuple[str, str]]:
    """Give each import of a module of the instrument by one of these packages."""
    return [
        (importer, imported)
        for importer, imported in imports(*packages)
        if imported.startswith("compare.")
    ]


def test_map_of_the_instrument_lists_its_rooms() -> None:
    """What the docstring of the package promises is there, and nothing else."""
    rooms = {room_of(module) for module in modules("compare") if module != "compare"}
    assert rooms == set(FLOOR_OF)


def test_no_room_imports_from_one_above_it() -> None:
    """The map lists the rooms from the ground up, and no import goes up."""
    upward = {
        f"{importer} imports {imported}"
        for importer, imported in instrument_imports("compare")
        if FLOOR_OF[room_of(imported)] > FLOOR_OF[room_of(importer)]
    }
    assert upward == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Each file can be understood after those that it imports."""
    arrows: dict[str, set[str]] = {}
    for importer, imported in imports(*PACKAGES):
        arrows.setdefault(importer, set()).add(imported)
    TopologicalSorter(arrows).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("package", ["tests.contract", "experiments", "compose"])
def test_others_use_the_ground_floor_of_the_instrument_only(package: str) -> None:
    """They start services and load them; what the instrument makes of that is its own."""
    above = [
        f"{importer} imports {imported}"
        for importer, imported in instrument_imports(package)
        if room_of(imported) not in GROUND_FLOOR
    ]
    assert above == []


def test_load_files_use_the_ground_floor_of_the_instrument_only() -> None:
    """Locust reads them as scripts, so that no package has them."""
    files = sources("load")
    assert files
    for path in files:
        used = {name for name in imported_names(path) if is_in(name, PACKAGES)}
        allowed = [f"compare.{room}" for room in GROUND_FLOOR]
        assert all(is_in(name, allowed) for name in used), relative(path)


@pytest.mark.parametrize(("module", "room"), [*STARTED.items(), *STARTED_BY_FOLDER.items()])
def test_started_module_imports_from_below_its_starter_only(module: str, room: str) -> None:
    """A process is no way round the map: what a room starts knows nothing of that room."""
    above = [
        used
        for used in sorted(graph().find_upstream_modules(module, as_package=True))
        if used.startswith("compare.") and FLOOR_OF[room_of(used)] >= FLOOR_OF[room]
    ]
    assert above == []


def started_modules(strings: list[str]) -> set[str]:
    """Give the modules of the project that are named after `-m` or as `module:attribute`."""
    names = [text for before, text in pairwise(strings) if before == "-m"]
    names += [match[1] for text in strings if (match := APPLICATION.fullmatch(text))]
    return {name for name in names if is_in(name, PACKAGES)}


def test_every_module_that_is_started_is_known_here() -> None:
    """What the instrument starts is looked at by the test above; services are in the registry."""
    started = {
        (module, path.relative_to(ROOT / "compare").parts[0])
        for path in sources("compare")
        for module in started_modules(texts(path))
    }
    assert {pair for pair in started if pair[1] != "registry"} == set(STARTED.items())


# The shapes of the wire, what a setting may hold, and which codes of a database are its own.
SHARED_BY_SERVICES = ("shared.outages", "shared.schemas", "shared.settings")


def test_service_imports_the_wire_shapes_of_the_project_and_nothing_else_of_it() -> None:
    """Nothing that a reader compares is hidden in a module that both services share."""
    for service in SERVICE_FOLDERS:
        foreign = [
            f"{importer} imports {imported}"
            for importer, imported in imports(service)
            if is_in(imported, PACKAGES) and not is_in(imported, [service, *SHARED_BY_SERVICES])
        ]
        assert foreign == []


def test_what_is_shared_imports_nothing_else_of_the_project() -> None:
    """The contract stands on its own."""
    used = {imported for _, imported in imports("shared") if is_in(imported, PACKAGES)}
    assert all(is_in(module, ["shared"]) for module in used)


def test_instrument_and_the_contract_import_no_service() -> None:
    """They know a service by its command and over HTTP, so that any service can be put there."""
    foreign = [*SERVICE_FOLDERS, *FRAMEWORKS, "experiments", "tracing", "yardsticks"]
    for importer, imported in imports("compare", "shared", "tests.contract"):
        assert not is_in(imported, foreign), importer


def test_contract_suite_borrows_no_shape() -> None:
    """It judges answers by its own knowledge of the contract, and so finds a wrong shape."""
    for importer, imported in imports("tests.contract"):
        assert not is_in(imported, ["shared.schemas"]), importer


def test_yardsticks_know_nothing_of_who_measures_with_them() -> None:
    """The ladders know their own service, and the bare application knows none."""
    for importer, imported in imports("yardsticks"):
        assert not is_in(imported, ["compare", "compose", "experiments", "tests"]), importer
        if is_in(imported, [*SERVICE_FOLDERS, *FRAMEWORKS]):
            framework = imported.split(".")[0].removesuffix("_app")
            assert importer.startswith(f"yardsticks.{framework}_"), importer


def test_experiments_know_the_services_and_nothing_that_judges_them() -> None:
    """An experiment is read on one screen, with no more than the frameworks in mind."""
    for importer, imported in imports("experiments"):
        assert not is_in(imported, ["compose", "shared", "tests", "yardsticks"]), importer


def test_no_service_is_named_in_the_instrument() -> None:
    """A third framework is a row of the registry, and nothing else of the instrument changes."""
    code = {path: " ".join(texts(path)) for path in sources("compare")}
    templates = (ROOT / "compare" / "report" / "templates").iterdir()
    words = code | {path: path.read_text(encoding="utf-8") for path in templates}
    named = {
        relative(path)
        for path, text in words.items()
        if any(framework in text.lower() for framework in FRAMEWORKS)
    }
    assert {path for path in named if not path.startswith("compare/registry/")} == set()


def test_contract_suite_names_no_service() -> None:
    """A test that knows a name is a test that can make an exception of it."""
    names = re.compile(r"django|fastapi|starlette|\b(uvicorn|gunicorn)\b")
    for path in sources("tests/contract"):
        assert not names.search(path.read_text(encoding="utf-8").lower()), relative(path)


@pytest.mark.parametrize(
    ("folders", "limit"),
    [(SERVICE_FOLDERS, MAX_APP_FILE_LINES), (TOOL_FOLDERS, MAX_TOOL_FILE_LINES)],
)
def test_files_are_small(folders: tuple[str, ...], limit: int) -> None:
    """A file is read at one sitting."""
    lines = {relative(path): len(path.read_text().splitlines()) for path in sources(*folders)}
    assert {name: count for name, count in lines.items() if count > limit} == {}


def test_functions_are_small() -> None:
    """A function's body fits the eye."""
    too_long = [
        f"{relative(path)}:{node.name}"
        for path in sources(*SERVICE_FOLDERS, *TOOL_FOLDERS)
        if "migrations" not in path.parts  # a list of tables, not a function to understand
        for node in ast.walk(parsed(path))
        if isinstance(node, Function)
        and (node.end_lineno or 0) - node.body[0].lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert too_long == []


def test_every_module_opens_with_one_sentence() -> None:
    """The first line of a file says what it is for."""
    for path in sources(*SERVICE_FOLDERS, *TOOL_FOLDERS):
        first_line = (ast.get_docstring(parsed(path)) or "").split("\n")[0]
        assert first_line.endswith("."), relative(path)


def test_names_of_tests_begin_without_an_article() -> None:
    """The tests of the contract and those of the project are named in one dialect."""
    named = [
        f"{relative(path)}:{node.name}"
        for path in sources("tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, Function) and re.match("test_(a|an|the)_", node.name)
    ]
    assert named == []
