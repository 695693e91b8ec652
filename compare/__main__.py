"""Where the `compare` command begins; nothing is imported before Ctrl-C can be answered."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130  # as in compare.errors, which is not imported yet


def main() -> NoReturn:
    """Run the command, and end in one line however it is stopped."""
    # Until a command takes the signals over there is nothing to clean up, and a shell that lets
    # its background jobs ignore Ctrl-C keeps its way.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _end)
    from compare.cli import app
    from compare.commands.endings import run_whole

    run_whole(app)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    # An exception could be lost in a finalizer, of which an import has many.
    os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"compare: stopped\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
