"""Write a results file whole or not at all, and refuse to read back one that is not whole."""

import json
from pathlib import Path

from pydantic import ValidationError

from compare.errors import UnusableResults
from compare.results.model import FORMAT_VERSION, Results


def write_results(results: Results, path: Path) -> None:
    """Write the results file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(results.model_dump_json(indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)


def read_results(path: Path) -> Results:
    """Read a results file back; UnusableResults when it is missing, damaged or incomplete."""
    results = read_unfinished(path)
    if results.finished_at is None:
        raise UnusableResults(f"{path} is of a run that was cut short")
    return results


def read_unfinished(path: Path) -> Results:
    """Read what there is of a run that may have been cut short; UnusableResults as for
    `read_results`."""
    try:
        return Results.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UnusableResults(f"{path}: {(error.strerror or '').lower()}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnusableResults(
            f"{path} is not a results file of format {FORMAT_VERSION}: {where}: {first['msg']}"
        ) from error


def schema() -> str:
    """Give the JSON Schema of the results file."""
    return json.dumps(Results.model_json_schema(), indent=1) + "\n"
