"""How a command ends when something is wrong: one line that says so, and an exit code."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from compare.errors import INTERRUPTED, UNUSABLE, CompareError
from compare.running import stopping
from compare.terminal.console import err


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


def fail(message: str, code: int = UNUSABLE) -> NoReturn:
    """End the command with this line."""
    err.print(f"compare: {message}", style="red", markup=False, soft_wrap=True)
    raise typer.Exit(code)
