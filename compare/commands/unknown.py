"""What is said of a name that nobody has: the nearest ones, or which there are."""

from collections.abc import Collection
from difflib import get_close_matches

MOST_LISTED = 20
FIRST_LISTED = 8


def nearest(name: str, known: Collection[str]) -> str:
    """Ask whether one of the nearest names was meant; "" where none is near."""
    near = get_close_matches(name.lower(), known)
    return f"did you mean {' or '.join(near)}?" if near else ""


def advice(name: str, known: Collection[str]) -> str:
    """Give the nearest names; where none is near all of them, or the first of many."""
    if len(known) <= MOST_LISTED:
        listed = ", ".join(known)
    else:
        listed = f"{', '.join([*known][:FIRST_LISTED])} and {len(known) - FIRST_LISTED} more"
    return nearest(name, known) or f"there are {listed}"
