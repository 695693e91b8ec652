"""How a command ends when something is wrong: one line that says so, and an exit code."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import typer

from compare.errors import FAILED, INTERRUPTED, UNUSABLE, CompareError
from compare.running import stopping
from compare.terminal.console import err, take_any_text


def run_whole(app: typer.Typer) -> NoReturn:
    """Run the command that was typed, to the last line of its output, and end with its code."""
    take_any_text()
    try:
        code = app(sys.argv[1:] or ["--help"], prog_name="compare", standalone_mode=False)
        if sys.stdout:
            sys.stdout.flush()
    except typer.TyperException as error:
        code = _say(" ".join(error.format_message().split()) + "; --help says what there is")
    except OSError as error:
        _let_go_of_output()
        is_unread = isinstance(error, BrokenPipeError)  # as with `compare services | head -1`
        code = FAILED if is_unread else _say(_reason(error))
    sys.exit(code)


@contextmanager
def one_line(advice_when_stopped: Callable[[], str] = str) -> Iterator[None]:
    """Turn expected failures into one line and an exit code, and leave no process behind."""
    try:
        with stopping.clean_exit():
            yield
    except CompareError as error:
        fail("; ".join(filter(None, (str(error), advice_when_stopped()))), error.exit_code)
    except KeyboardInterrupt:
        fail("; ".join(filter(None, ("stopped", advice_when_stopped()))), INTERRUPTED)
    except OSError as error:
        if error.filename is None:  # of the output, which `run_whole` answers
            raise
        fail("; ".join(filter(None, (_reason(error), advice_when_stopped()))))


def fail(message: str, code: int = UNUSABLE) -> NoReturn:
    """End the command with this line."""
    raise typer.Exit(_say(message, code))


def _say(message: str, code: int = UNUSABLE) -> int:
    with suppress(OSError):  # nobody can be told
        err.print(f"compare: {message}", style="red", markup=False, soft_wrap=True)
    return code


def _reason(error: OSError) -> str:
    words = (error.strerror or str(error)).lower()
    return f"{error.filename}: {words}" if error.filename else f"the output: {words}"


def _let_go_of_output() -> None:
    # What it still holds would be written, and fail, once more when Python ends.
    if sys.stdout:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
