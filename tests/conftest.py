"""What holds for every test."""

import signal


def pytest_configure() -> None:
    """Let Ctrl-C mean something again: a shell lets the jobs in its background ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
