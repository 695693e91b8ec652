"""The two streams: what a script reads goes to standard output, what a person watches to error."""

from rich.console import Console

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
