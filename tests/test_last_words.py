"""Why a process ended, in one line, from what it really said."""

import pytest

from compare.running.last_words import last_words

PYDANTIC = """  File "/there/fastapi_app/settings.py", line 34, in <module>
    settings = Settings()
               ^^^^^^^^^^
pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings
DATABASE_POOL_SIZE
  Input should be greater than 0 [type=greater_than, input_value='0', input_type=str]
    For further information visit https://errors.pydantic.dev/2.14/v/greater_than
"""
GUNICORN_ENDS = """\
[2026-11-28 18:21:55 +0000] [13208] [ERROR] Worker (pid:13221) exited with code 3.
[2026-11-28 18:21:55 +0000] [13208] [ERROR] Shutting down: Master
[2026-11-28 18:21:55 +0000] [13208] [ERROR] Reason: Worker failed to boot.
"""
DJANGO = """  File "/there/django_app/settings.py", line 29, in _read_positive
    raise ImproperlyConfigured(f"{name} is {text!r}; it must be a positive {kind.__name__}")
django.core.exceptions.ImproperlyConfigured: DATABASE_POOL_SIZE is '0'; it must be positive
"""
UNPARSED = """ValueError: invalid literal for int() with base 10: ':1'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/there/httpx/_urlparse.py", line 411, in normalize_port
    raise InvalidURL(f"Invalid port: {port!r}")
httpx.InvalidURL: Invalid port: ':1'
"""
UNOPENED = """\
sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) unable to open database file
(Background on this error at: https://sqlalche.me/e/21/e3q8)
"""
GROUP = """  + Exception Group Traceback (most recent call last):
  |   File "/there/hypercorn/asyncio/run.py", line 103, in worker_serve
  |     async with TaskGroup() as group:
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/there/hypercorn/asyncio/lifespan.py", line 88, in wait_for_startup
    |     raise LifespanFailureError("startup", self.error)
    | hypercorn.utils.LifespanFailureError: Lifespan failure in startup. 'no database'
    +------------------------------------
"""
BUSY = "[2026-11-28 18:21:55 +0000] [9] [ERROR] connection to ('127.0.0.1', 80) failed: in use\n"
TRACEBACK = "Traceback (most recent call last):\n"
SAID = "DATABASE_POOL_SIZE is '0'; it must be a positive integer"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            "API_TOKEN is not set: whoever reaches this port can create posts.\n"
            "ERROR:    [Errno 98] error while attempting to bind on address ('::1', 80): in use\n",
            "[Errno 98] error while attempting to bind on address ('::1', 80): in use",
        ),
        (TRACEBACK + PYDANTIC, "DATABASE_POOL_SIZE: Input should be greater than 0"),
        (
            f"[ERROR] Application failed\n{TRACEBACK}{PYDANTIC}[ERROR] Unexpected exit\n",
            "DATABASE_POOL_SIZE: Input should be greater than 0",
        ),
        (
            f"{TRACEBACK}{PYDANTIC}1 validation error for Settings\n{GUNICORN_ENDS}",
            "DATABASE_POOL_SIZE: Input should be greater than 0",
        ),
        (TRACEBACK + DJANGO, DJANGO.splitlines()[-1]),
        (
            f"{TRACEBACK}{DJANGO}unable to load app 0\n*** no app loaded. GAME OVER ***\n",
            DJANGO.splitlines()[-1],
        ),
        (TRACEBACK + UNPARSED, "httpx.InvalidURL: Invalid port: ':1'"),
        (f"{TRACEBACK}  File\n{UNOPENED}", UNOPENED.splitlines()[0]),
        (GROUP, "hypercorn.utils.LifespanFailureError: Lifespan failure in startup. 'no database'"),
        (f"ERROR:    {TRACEBACK}  File\nOSError: no\n\nERROR:    Exiting.\n", "OSError: no"),
        (f"first\n{SAID}\n", SAID),
        (f"{TRACEBACK}  File\nSystemExit: {SAID}\n", SAID),
        (f"{SAID}\n{GUNICORN_ENDS}", SAID),
        (BUSY, BUSY.strip()),
        ("no Error here\nthe end\n", "the end"),
        (TRACEBACK, "Traceback (most recent call last):"),
        ("\n \n", "it said nothing"),
        (
            "cannot use postgresql://me:secret:@/x@there/it?password=secret&a=b",
            "cannot use postgresql://me:***@there/it?password=***&a=b",
        ),
    ],
)
def test_cause_is_said(output: str, words: str) -> None:
    """A traceback ends in its cause; what a server logs of its end and passwords are left out."""
    assert last_words(output) == words
