"""CONTRIBUTING.md and the settings of other tools name what there is in the project."""

import re

import pytest
import yaml

from compare.cli import app
from tests.support.source_files import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CODE = re.findall(r"`([^`\n]+)`", CONTRIBUTING)
# What following a recipe makes.
MADE = {
    "blocking/authors.py",
    "django_app/authors.py",
    "fastapi_app/authors.py",
    "tests/contract/test_authors.py",
}
PATHS = sorted(
    {code for code in CODE if re.fullmatch(r"[\w./-]+/|[\w./-]*\w\.(py|md|html|yaml|json)", code)}
)
GLOSSARY = CONTRIBUTING.split("## Glossary")[1].split("## Recipes")[0]
TERMS = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", GLOSSARY, re.MULTILINE)[1:]


@pytest.mark.parametrize("path", PATHS)
def test_every_path_that_is_named_exists(path: str) -> None:
    """A recipe leads to files that are there, but for those that it makes."""
    inside = [ROOT, ROOT / "django_app"]  # `blocking/` stands for that of either service
    assert path in MADE or any((folder / path).exists() for folder in inside)


def test_every_command_that_is_named_exists() -> None:
    """What follows `compare` is a command, what follows `make` a target."""
    commands = {
        command.callback.__name__ for command in app.registered_commands if command.callback
    }
    assert set(re.findall(r"\.venv/bin/compare ([a-z]+)", CONTRIBUTING)) <= commands
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {"test", "test-all", "lint"} <= set(re.findall(r"make ([a-z-]+)", CONTRIBUTING))
    assert set(re.findall(r"make ([a-z-]+)", CONTRIBUTING)) <= set(targets)


def test_glossary_says_each_word_in_one_sentence() -> None:
    """One word for one thing: none stands there twice."""
    words = [word for word, _ in TERMS]
    assert len(words) > 20
    assert sorted(set(words)) == sorted(words)
    assert [word for word, sentence in TERMS if not re.fullmatch(r".+[^.]\.", sentence)] == []


def test_formatter_of_a_commit_is_that_of_the_lock() -> None:
    """Ruff before a commit and ruff in CI are one version."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    ruff = next(hook for hook in hooks if hook["repo"].endswith("/ruff-pre-commit"))
    lock = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    assert f"ruff=={ruff['rev'].removeprefix('v')}" in lock


def test_readme_counts_the_clauses() -> None:
    """How many clauses the contract has is said where it is introduced."""
    contract = (ROOT / "shared" / "README.md").read_text("utf-8")
    count = len(re.findall(r"^- \*\*C\d+\*\* ", contract, re.MULTILINE))
    assert f"{count} numbered clauses" in (ROOT / "README.md").read_text("utf-8")
