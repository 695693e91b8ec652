"""The code of each endpoint side by side, read from the services' source when the page is made."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from compare.registry.services import APPLICATIONS, Service
from compare.results.model import ServiceRun

FUNCTIONS = {
    "list": "list_posts",
    "detail": "get_post",
    "create": "create_post",
    "dashboard": "get_dashboard",
}
LAYERS = (
    tuple(application.http_module for application in APPLICATIONS),
    ("posts.py", "dashboard.py"),
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Excerpt:
    """Functions of one file, highlighted; `path` is from the project's root."""

    service: str
    path: str
    line: int
    html: Markup


def excerpts(
    services: Sequence[ServiceRun] | Sequence[Service], root: Path
) -> dict[str, list[list[Excerpt]]]:
    """Give endpoint -> rows of excerpts; a row has one layer of each service that has it.

    Services of one package and async model share their code, and so one excerpt.
    """
    models: dict[str, dict[str, ServiceRun | Service]] = {}
    for service in services:
        models.setdefault(service.async_model, {}).setdefault(service.package, service)
    return {
        endpoint: [
            row
            for model in models.values()
            for layer in LAYERS
            if (row := _row(model.values(), root, layer, function))
        ]
        for endpoint, function in FUNCTIONS.items()
    }


def read_functions(source: str, name: str) -> tuple[int, str]:
    """Give the first line and the text of a module's function and of those of its own it calls.

    Decorators are part of a function. (0, "") when the module has no such function.
    """
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, Function)}
    if name not in functions:
        return 0, ""
    lines = source.splitlines()
    shown = sorted((functions[reached] for reached in _reached(functions, name)), key=_first_line)
    texts = ["\n".join(lines[_first_line(node) - 1 : node.end_lineno]) for node in shown]
    return _first_line(shown[0]), "\n\n\n".join(texts)


def _row(
    services: Iterable[ServiceRun | Service], root: Path, layer: Sequence[str], function: str
) -> list[Excerpt]:
    candidates = (_excerpt(service, root, layer, function) for service in services)
    return [excerpt for excerpt in candidates if excerpt is not None]


def _excerpt(
    service: ServiceRun | Service, root: Path, layer: Sequence[str], function: str
) -> Excerpt | None:
    folder = root / service.package
    if service.async_model == "blocking":
        folder /= "blocking"
    for path in (folder / name for name in layer if (folder / name).is_file()):
        line, text = read_functions(path.read_text(encoding="utf-8"), function)
        if text:
            html = Markup(highlight(text, PythonLexer(), HtmlFormatter(cssclass="code")))
            return Excerpt(service.name, path.relative_to(root).as_posix(), line, html)
    return None


def _reached(functions: Mapping[str, Function], name: str) -> set[str]:
    """The function's name, and those of the module's functions that it leads to."""
    reached, ahead = set(), [name]
    while ahead:
        current = ahead.pop()
        reached.add(current)
        names = {node.id for node in ast.walk(functions[current]) if isinstance(node, ast.Name)}
        ahead += (names & functions.keys()) - reached
    return reached


def _first_line(function: Function) -> int:
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
