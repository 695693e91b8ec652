"""The source text of the correct service, module by module, each before those that import it."""

from pathlib import Path

FOLDER = Path(__file__).parent
SOURCES = {
    f"tests.miniatures.{name}": (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    for name in ("shapes", "posts", "dashboard", "service")
}
