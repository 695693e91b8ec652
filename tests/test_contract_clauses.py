"""The clauses of the contract and its tests belong together: neither is without the other."""

import ast
import re
from pathlib import Path

import pytest

CONTRACT = Path(__file__).parent / "contract"
README = Path(__file__).parents[1] / "shared" / "README.md"
FORBIDDEN = {"django_app", "fastapi_app", "django", "fastapi", "shared.schemas"}
CLAUSES = re.findall(r"^- \*\*(C\d+)\*\* \S", README.read_text(encoding="utf-8"), re.MULTILINE)
TEST_FILES = sorted(CONTRACT.glob("test_*.py"))


def contract_tests() -> list[tuple[str, str]]:
    """Give each contract test's name and docstring, without importing it."""
    return [
        (f"{path.name}::{node.name}", ast.get_docstring(node) or "")
        for path in TEST_FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def test_clauses_are_numbered_from_one() -> None:
    """The README's clauses are numbered without a gap."""
    assert CLAUSES
    for number, clause in enumerate(CLAUSES, start=1):
        assert clause == f"C{number}"


@pytest.mark.parametrize("clause", CLAUSES)
def test_every_clause_has_a_test(clause: str) -> None:
    """A clause without a test would be a promise that nobody keeps."""
    assert [name for name, sentence in contract_tests() if sentence.startswith(f"{clause}: ")]


@pytest.mark.parametrize(
    ("name", "sentence"), contract_tests(), ids=[name for name, _ in contract_tests()]
)
def test_every_test_states_its_clause_in_one_sentence(name: str, sentence: str) -> None:
    """The docstring is what a report prints: a known clause, a colon, one sentence."""
    match = re.fullmatch(r"(C\d+): [^\n]+\.", sentence)
    assert match, f"{name}: {sentence!r}"
    assert match[1] in CLAUSES


@pytest.mark.parametrize("path", sorted(CONTRACT.glob("*.py")), ids=lambda path: path.name)
def test_suite_imports_no_service(path: Path) -> None:
    """A suite that shared code with a service would share its mistakes as well."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {node.module or ""} | {f"{node.module}.{each.name}" for each in node.names}
    roots = imported | {name.split(".")[0] for name in imported}
    assert not roots & FORBIDDEN


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.name)
def test_no_test_names_a_service(path: Path) -> None:
    """A test that knows a name is a test that can make an exception of it."""
    source = path.read_text(encoding="utf-8").lower()
    assert not re.search(r"\b(django|fastapi|starlette|uvicorn|gunicorn)\b", source)
