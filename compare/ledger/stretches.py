"""Stretches of time: joined, cut to a span, and with others taken out."""

from collections.abc import Iterable

from compare.results.timelines import Stretch


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Give the same time in as few stretches as it takes, in order."""
    whole: list[Stretch] = []
    for start, end in sorted(stretches):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        elif end > start:
            whole.append((start, end))
    return whole


def cut(stretches: Iterable[Stretch], to: Stretch) -> list[Stretch]:
    """Give what of the stretches is inside this one."""
    inside = ((max(start, to[0]), min(end, to[1])) for start, end in stretches)
    return joined((start, end) for start, end in inside if start < end)


def without(stretches: Iterable[Stretch], others: Iterable[Stretch]) -> list[Stretch]:
    """Give what of the stretches is in none of the others."""
    left = joined(stretches)
    for other_start, other_end in joined(others):
        left = [
            piece
            for start, end in left
            for piece in ((start, min(end, other_start)), (max(start, other_end), end))
            if piece[0] < piece[1]
        ]
    return left
