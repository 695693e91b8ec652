"""Run a server with tracing: `python -m tracing uvicorn ...` for `python -m uvicorn ...`.

A request whose `traceparent` says that it is sampled is traced; any other is let through. Spans go
to the file that TRACING_FILE names, and to the collector of OTEL_EXPORTER_OTLP_ENDPOINT.
"""

import re
import runpy
import sys

from tracing import calls, databases, doors, frameworks, hops, recording, validation

DOOR = re.compile(r"([\w.]+):(\w+)")


def main() -> None:
    """Hook in, and become the server."""
    recording.begin()
    for library in (calls, databases, frameworks, hops, validation):
        library.hook()
    sys.argv = sys.argv[1:]
    for door in filter(None, map(DOOR.fullmatch, sys.argv)):
        doors.hook(door[1], door[2])
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
