"""The two streams: what a script reads goes to standard output, what a person watches to error."""

import codecs
import io
import sys
import unicodedata

from rich.console import Console

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

# What is printed beyond ASCII and has no decomposition into it, as a stream without it gets it.
IN_ASCII = str.maketrans(
    {"–": "-", "—": "-", "’": "'", "✓": "+", "✗": "-", "→": "->", "×": "x", "█": "#", "░": "."}
)


def take_any_text() -> None:
    """Let both streams write what their encoding lacks in ASCII, rather than fail."""
    codecs.register_error("in ASCII", _in_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="in ASCII")


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(IN_ASCII)
    parts = unicodedata.normalize("NFKD", text)
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    return plain.encode("ascii", "replace").decode("ascii"), error.end
