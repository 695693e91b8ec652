"""The README says what is: every setting, command, dependency; all links lead to files."""

import re
import tomllib
from pathlib import Path

import pytest

from compare.cli import app

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")


def section(heading: str) -> str:
    """Give the part of the README under a heading."""
    _, _, after = README.partition(f"\n## {heading}\n")
    assert after, heading
    return after.split("\n## ")[0]


def first_cells(text: str) -> set[str]:
    """Give the first cell of each row of a table."""
    return {row.split("|")[1].strip() for row in text.splitlines() if row.startswith("| ")}


def settings_read() -> set[str]:
    """Give the environment variables that the services read, from their own source."""
    django = (ROOT / "django_app" / "settings.py").read_text(encoding="utf-8")
    fastapi = (ROOT / "fastapi_app" / "settings.py").read_text(encoding="utf-8")
    return {
        *re.findall(r'_read(?:_positive)?\("(\w+)"', django),
        *re.findall(r"^    ([A-Z_]+): ", fastapi, re.MULTILINE),
    }


def test_every_setting_is_in_the_table_and_no_other() -> None:
    """A reader finds each environment variable, and none that does nothing."""
    documented = {cell.strip("`") for cell in first_cells(section("The settings"))}
    assert documented - {"Variable"} == settings_read()


def test_every_dependency_has_its_reason() -> None:
    """Each library of pyproject.toml stands in the table."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    table = " ".join(first_cells(section("The dependencies")))
    extras = project["optional-dependencies"].values()
    for requirement in [
        *project["dependencies"],
        *(requirement for extra in extras for requirement in extra),
    ]:
        name = re.match(r"[\w-]+", requirement)
        assert name is not None
        assert name[0].startswith("types-") or name[0] in table, requirement


def test_every_command_is_in_the_table() -> None:
    """What `compare --help` lists, the README explains, and nothing else."""
    callbacks = [command.callback for command in app.registered_commands]
    commands = {callback.__name__ for callback in callbacks if callback}
    explained = {
        re.sub(r"`compare (\w+).*", r"\1", cell) for cell in first_cells(section("The commands"))
    }
    assert commands == explained - {"Command", "---"}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    """Each file that a document of the front door links to exists."""
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [target for target in targets if not (ROOT / target).exists()] == []
