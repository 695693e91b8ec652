"""Runs experiments one after another, each in a fork of a process that has imported the frameworks.

Importing them takes longer than most experiments. A fork shares nothing with the next one: what is
imported before it has no state that an experiment changes, and Django is set up after it.
"""

import json
import os
import sys
import traceback
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection

PRELOADED = (
    "aiohttp",
    "django.core.handlers.asgi",
    "django.db.models",
    "fastapi",
    "httpx",
    "scipy.stats",
    "sqlalchemy.ext.asyncio",
    "uvicorn",
)
FORK = get_context("fork")


def main() -> None:
    """Answer each line of standard input, a job, with a line: its outcome, or an error.

    A job is {"module": …, "id": …, "side": …, "database_url": …}.
    """
    for name in PRELOADED:
        import_module(name)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what experiments print is no answer
    for line in sys.stdin:
        answers.write(answer(**json.loads(line)) + "\n")


def answer(module: str, id: str, side: str, database_url: str) -> str:
    """Run an experiment in a process of its own, and give its answer as JSON."""
    ours, theirs = FORK.Pipe(duplex=False)
    process = FORK.Process(target=run, args=(theirs, module, id, side, database_url))
    process.start()
    theirs.close()
    try:
        reply: str = ours.recv()
    except EOFError:
        process.join()
        reply = json.dumps({"error": f"its process ended with {process.exitcode}"})
    process.join()
    return reply


def run(answers: Connection, module: str, id: str, side: str, database_url: str) -> None:
    """Run an experiment here, and send its outcome."""
    os.environ["EXPERIMENT_DATABASE_URL"] = database_url
    try:
        from experiments.__main__ import outcome  # which sets Django up

        answers.send(json.dumps(outcome(module, id, side)))
    except Exception as error:
        traceback.print_exc()
        answers.send(json.dumps({"error": traceback.format_exception_only(error)[-1].strip()}))


if __name__ == "__main__":
    main()
