"""Stop processes by their own pid, with their children, and let no signal leave one behind."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

import psutil

GRACE_SECONDS = 10.0  # a little more than services have for what is under way
AGAIN_SECONDS = 0.05

Handler = Callable[[int, FrameType | None], Any]


class Interrupted(KeyboardInterrupt):
    """A signal asks for the end; of its own class, since Python ends by SIGINT for the builtin."""


def interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """Raise Interrupted, wherever the program is."""
    raise Interrupted


@contextmanager
def clean_exit(on_ctrl_c: Handler = interrupt) -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block as Ctrl-C does, and leave no child behind it.

    With Python's own `default_int_handler` asyncio cancels what runs on its loop; an exception in
    the middle of the loop would come again from its tasks, at the end, and break that off.
    """
    children_before = set(psutil.Process().children())
    handlers = {signal.SIGINT: on_ctrl_c, signal.SIGTERM: _as_ctrl_c, signal.SIGHUP: _as_ctrl_c}
    before = {number: signal.getsignal(number) for number in handlers}
    hook_before, sys.unraisablehook = sys.unraisablehook, _insist
    for number, handler in handlers.items():
        if before[number] is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, handler)
    try:
        yield
    finally:
        # Only a child that was being started when the signal came can still be here.
        for child in set(psutil.Process().children()) - children_before:
            stop(child)
        for number, handler_before in before.items():
            signal.signal(number, handler_before)
        sys.unraisablehook = hook_before


def stop(
    process: psutil.Process, ask_with: int = signal.SIGTERM, grace_seconds: float = GRACE_SECONDS
) -> None:
    """Ask a process to end, then kill it and every child of it that is still there.

    A second Ctrl-C during the grace kills at once.
    """
    members = family(process)
    try:
        if grace_seconds:
            process.send_signal(ask_with)
            psutil.wait_procs(members, timeout=grace_seconds)
    except psutil.NoSuchProcess:
        pass
    finally:
        for member in {*members, *family(process)}:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(members, timeout=GRACE_SECONDS)


def family(process: psutil.Process) -> list[psutil.Process]:
    """Give a process and all its children, also theirs."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return [process]


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):  # as in the background of a shell
        raise Interrupted
    handler(number, frame)


def _insist(unraisable: "sys.UnraisableHookArgs") -> None:
    # A signal that falls into a finalizer or a weak reference's callback, of which an import has
    # many, would be printed and forgotten: it comes again. No alarm does that, since pytest-timeout
    # sets its own for each test.
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        main = threading.main_thread().ident
        again = threading.Timer(AGAIN_SECONDS, signal.pthread_kill, (main, signal.SIGINT))
        again.daemon = True
        again.start()
    else:
        sys.__unraisablehook__(unraisable)
