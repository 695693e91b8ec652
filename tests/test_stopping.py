"""A signal ends the command, wherever it falls."""

import asyncio
import os
import signal
import time

import pytest

from compare.running import stopping


class Finalized:
    """Something whose finalizer is running when the signal comes."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_signal_in_a_finalizer_is_not_lost() -> None:
    """Python forgets what a finalizer raises; the signal comes again."""
    with pytest.raises(KeyboardInterrupt), stopping.clean_exit():
        Finalized()
        time.sleep(5)
        pytest.fail("the signal was lost")


def test_somebody_elses_alarm_loses_no_signal() -> None:
    """The signal comes again also where alarms are called off, as pytest-timeout does."""
    with pytest.raises(KeyboardInterrupt), stopping.clean_exit():
        Finalized()
        signal.setitimer(signal.ITIMER_REAL, 0)
        time.sleep(5)
        pytest.fail("the signal was lost")


def test_ctrl_c_among_tasks_comes_once() -> None:
    """It cancels what runs on the loop, and is not raised again when the loop is used or closed."""

    async def interrupted() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(5))
            group.create_task(asyncio.to_thread(os.kill, os.getpid(), signal.SIGTERM))

    with stopping.clean_exit(signal.default_int_handler), asyncio.Runner() as runner:
        with pytest.raises(KeyboardInterrupt):
            runner.run(interrupted())
        runner.run(asyncio.sleep(0))


def test_what_was_there_before_comes_back() -> None:
    """Outside the block signals are handled as before."""
    before = signal.getsignal(signal.SIGINT)
    with stopping.clean_exit():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
