"""The two services are written alike: a diff of them shows the frameworks and nothing else."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.mirror import (
    BLOCKING_ON_ITS_OWN,
    DJANGO,
    FASTAPI,
    MIRRORED,
    ON_ITS_OWN,
    OWN_DOCSTRINGS,
    ROOT,
    UNMIRRORED,
)

FOLDERS = ("django_app", "fastapi_app", "compare", "experiments", "shared", "tests", "yardsticks")
MAX_APP_FILE_LINES = 125
MAX_TOOL_FILE_LINES = 250
MAX_FUNCTION_LINES = 25

Function = ast.FunctionDef | ast.AsyncFunctionDef
pairs = pytest.mark.parametrize(("django", "fastapi"), MIRRORED)


@cache
def parsed(path: Path) -> ast.Module:
    """Give the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def sources(*folders: str) -> list[Path]:
    """Give the Python files of these folders."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def relative(path: Path) -> str:
    """Name a file as a reader would."""
    return path.relative_to(ROOT).as_posix()


def definitions(path: Path) -> dict[str, str | None]:
    """Give what a file defines, in its order, with the docstrings."""
    found: dict[str, str | None] = {}
    for node in parsed(path).body:
        if isinstance(node, Function | ast.ClassDef):
            found[node.name] = ast.get_docstring(node)
        if isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, Function)]
            found |= {f"{node.name}.{each.name}": ast.get_docstring(each) for each in methods}
    return found


def common(path: Path) -> dict[str, str | None]:
    """Give what a file defines and its mirror image should define as well."""
    own = ON_ITS_OWN.get(relative(path), {})
    return {name: text for name, text in definitions(path).items() if name not in own}


def imported(path: Path) -> set[str]:
    """Give the modules that a file imports, by their full names."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pairs
def test_mirrored_files_define_the_same_names_in_the_same_order(django: str, fastapi: str) -> None:
    """What both services do, both name alike and write in one order."""
    assert list(common(DJANGO / django)) == list(common(FASTAPI / fastapi))


@pairs
def test_mirrored_definitions_have_the_same_docstrings(django: str, fastapi: str) -> None:
    """What both services do, both describe alike."""
    for name, text in common(DJANGO / django).items():
        differs = text != common(FASTAPI / fastapi)[name]
        assert differs == (f"{fastapi}:{name}" in OWN_DOCSTRINGS), f"{fastapi}:{name}"


@pytest.mark.parametrize(
    "blocking_file", sources("django_app/blocking", "fastapi_app/blocking"), ids=relative
)
def test_the_blocking_file_mirrors_the_async_one(blocking_file: Path) -> None:
    """The blocking endpoints are the async ones without async: same names, same order."""
    blocking = definitions(blocking_file)
    asynchronous = definitions(blocking_file.parent.parent / blocking_file.name)
    shared = [name for name in blocking if name not in BLOCKING_ON_ITS_OWN]
    assert shared == [name for name in asynchronous if name in blocking]


def test_every_file_is_mirrored_or_says_why_not() -> None:
    """A new file of one service has its image in the other, or a reason."""
    django, fastapi = zip(*MIRRORED, strict=True)
    known = {f"django_app/{name}" for name in django} | {f"fastapi_app/{name}" for name in fastapi}
    found = {
        relative(path)
        for path in sources("django_app", "fastapi_app")
        if path.name != "__init__.py" and "migrations" not in path.parts
    }
    assert found == known | set(UNMIRRORED)


def test_every_exception_is_still_needed() -> None:
    """An exception for a name that is gone, or that both define, is taken off the list."""
    for file, own in ON_ITS_OWN.items():
        assert set(own) <= set(definitions(ROOT / file)), file


@pytest.mark.parametrize(
    ("folders", "limit"),
    [
        (("django_app", "fastapi_app"), MAX_APP_FILE_LINES),
        (("compare", "experiments", "shared", "tests", "yardsticks"), MAX_TOOL_FILE_LINES),
    ],
)
def test_files_are_small(folders: tuple[str, ...], limit: int) -> None:
    """A file is read at one sitting."""
    lines = {relative(path): len(path.read_text().splitlines()) for path in sources(*folders)}
    assert {name: count for name, count in lines.items() if count > limit} == {}


def test_functions_are_small() -> None:
    """A function's body fits the eye."""
    too_long = [
        f"{relative(path)}:{node.name}"
        for path in sources(*FOLDERS)
        if "migrations" not in path.parts  # a list of tables, not a function to understand
        for node in ast.walk(parsed(path))
        if isinstance(node, Function)
        and (node.end_lineno or 0) - node.body[0].lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert too_long == []


def test_every_module_opens_with_one_sentence() -> None:
    """The first line of a file says what it is for."""
    for path in sources(*FOLDERS):
        first_line = (ast.get_docstring(parsed(path)) or "").split("\n")[0]
        assert first_line.endswith("."), relative(path)


def test_services_import_only_the_wire_shapes_of_the_project() -> None:
    """Nothing that a reader compares is hidden in a module that both services share."""
    for path in sources("django_app", "fastapi_app"):
        foreign = {"compare", "tests", "yardsticks"}
        project = {name for name in imported(path) if name.split(".")[0] in foreign}
        other = "fastapi_app" if DJANGO in path.parents else "django_app"
        project |= {name for name in imported(path) if name.startswith(other)}
        project |= {name for name in imported(path) if name.startswith("shared.")}
        assert {name for name in project if not name.startswith("shared.schemas")} == set()


def test_the_instrument_and_the_contract_import_no_service() -> None:
    """They know a service by its command and over HTTP, so that any service can be put there."""
    for path in sources("compare", "shared", "tests/contract"):
        roots = {name.split(".")[0] for name in imported(path)}
        services = {"django_app", "fastapi_app", "django", "fastapi", "yardsticks", "experiments"}
        assert roots.isdisjoint(services), relative(path)


def test_the_yardsticks_know_nothing_of_who_measures_with_them() -> None:
    """The ladders know their own service, and the bare application knows none."""
    for path in sources("yardsticks"):
        roots = {name.split(".")[0] for name in imported(path)}
        services = roots & {"django_app", "fastapi_app", "django", "fastapi"}
        assert all(path.name.startswith(name.split("_")[0]) for name in services), relative(path)
        assert roots.isdisjoint({"compare", "tests"}), relative(path)


def test_experiments_use_of_the_instrument_only_what_starts_and_measures() -> None:
    """They may launch a server and judge a ratio; the commands know them as processes."""
    tools = ("launch", "load", "statistics", "databases", "strict")
    allowed = tuple(f"compare.{tool}" for tool in tools)
    for path in sources("experiments"):
        roots = {name.split(".")[0] for name in imported(path)}
        assert roots.isdisjoint({"tests", "shared", "yardsticks"}), relative(path)
        used = {name for name in imported(path) if name.startswith("compare.")}
        assert {name for name in used if not name.startswith(allowed)} == set(), relative(path)


def test_the_ladders_mirror_each_other() -> None:
    """Both have the same rungs, in one order and with the same descriptions."""
    django = definitions(ROOT / "yardsticks" / "django_ladder.py")
    fastapi = definitions(ROOT / "yardsticks" / "fastapi_ladder.py")
    del fastapi["ask_relations_blocking"]  # a blocking Django asks by itself
    assert list(django.items()) == list(fastapi.items())


def test_the_contract_suite_names_no_service_and_borrows_no_shape() -> None:
    """A test asks for what it needs, and judges answers by its own knowledge of the contract."""
    for path in sources("tests/contract"):
        assert "shared.schemas" not in imported(path), relative(path)
        text = path.read_text(encoding="utf-8").lower()
        assert "django" not in text and "fastapi" not in text, relative(path)
