"""The two services are written alike: a diff of them shows the frameworks and nothing else."""

import ast
from pathlib import Path

import pytest

from tests.support.mirror import (
    DJANGO,
    FASTAPI,
    MIRRORED,
    ON_ITS_OWN,
    OWN_DOCSTRINGS,
    UNMIRRORED,
)
from tests.support.source_files import ROOT, Function, parsed, relative, sources

pairs = pytest.mark.parametrize(("django", "fastapi"), MIRRORED)


def definitions(path: Path) -> dict[str, str | None]:
    """Give what a file defines, in its order, with the docstrings."""
    names: dict[str, str | None] = {}
    for node in parsed(path).body:
        if isinstance(node, Function | ast.ClassDef):
            names[node.name] = ast.get_docstring(node)
        if isinstance(node, ast.ClassDef):
            methods = [child for child in node.body if isinstance(child, Function)]
            names |= {f"{node.name}.{method.name}": ast.get_docstring(method) for method in methods}
    return names


def common(path: Path) -> dict[str, str | None]:
    """Give what a file defines and its mirror image should define as well."""
    own = ON_ITS_OWN.get(relative(path), {})
    return {name: text for name, text in definitions(path).items() if name not in own}


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
def test_blocking_file_mirrors_the_async_one(blocking_file: Path) -> None:
    """The blocking endpoints are the async ones without async: same names, same order."""
    blocking = definitions(blocking_file)
    asynchronous = definitions(blocking_file.parent.parent / blocking_file.name)
    assert list(blocking) == [name for name in asynchronous if name in blocking]


def test_every_file_is_mirrored_or_says_why_not() -> None:
    """A new file of one service has its image in the other, or a reason."""
    django, fastapi = zip(*MIRRORED, strict=True)
    known = {f"django_app/{name}" for name in django} | {f"fastapi_app/{name}" for name in fastapi}
    files = {
        relative(path)
        for path in sources("django_app", "fastapi_app")
        if path.name != "__init__.py" and "migrations" not in path.parts
    }
    assert files == known | set(UNMIRRORED)


def test_every_exception_is_still_needed() -> None:
    """An exception for a name that is gone, or that both define, is taken off the list."""
    for file, own in ON_ITS_OWN.items():
        assert set(own) <= set(definitions(ROOT / file)), file


def test_ladders_mirror_each_other() -> None:
    """Both have the same rungs, in one order and with the same descriptions."""
    django = definitions(ROOT / "yardsticks" / "django_ladder.py")
    fastapi = definitions(ROOT / "yardsticks" / "fastapi_ladder.py")
    del fastapi["ask_relations_blocking"]  # a blocking Django asks by itself
    assert list(django.items()) == list(fastapi.items())
