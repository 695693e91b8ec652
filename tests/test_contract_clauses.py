"""The clauses of the contract and its tests belong together: neither is without the other."""

import ast
import re

import pytest

from tests.support.source_files import ROOT, Function, parsed, sources

README = ROOT / "shared" / "README.md"
CLAUSES = re.findall(r"^- \*\*(C\d+)\*\* \S", README.read_text(encoding="utf-8"), re.MULTILINE)


def contract_tests() -> list[tuple[str, str]]:
    """Give each contract test's name and docstring, without importing it."""
    return [
        (f"{path.name}::{node.name}", ast.get_docstring(node) or "")
        for path in sources("tests/contract")
        for node in ast.walk(parsed(path))
        if isinstance(node, Function) and node.name.startswith("test_")
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
