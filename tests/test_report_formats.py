"""The page writes numbers as a reader wants them, and draws ratios on an even axis."""

import pytest

from compare.report.axis import Axis, around
from compare.report.formats import digits, percent
from tests.support.sample_results import sample_results


def test_axis_is_even_on_both_sides_of_one() -> None:
    """1 is in the middle, a ratio and its inverse are equally far, and everything fits."""
    axis = around(sample_results().comparisons)
    assert axis.place(1) == 50
    assert axis.place(2) + axis.place(0.5) == pytest.approx(100)
    assert Axis(limit=4).place(1000) == 100
    assert 1.0 in axis.ticks


def test_figures_have_three_digits() -> None:
    """Small figures keep decimals, large ones have none."""
    shown = [
        digits(number).replace("\N{NARROW NO-BREAK SPACE}", " ") for number in (0, 1.234, 9.996)
    ]
    assert shown == ["0.00", "1.23", "10.0"]
    assert digits(99.96) == "100"
    assert digits(12345.6) == "12\N{NARROW NO-BREAK SPACE}346"
    assert [percent(share) for share in (0.004, 0.123, 1.0)] == [
        "0.4\N{NO-BREAK SPACE}%",
        "12\N{NO-BREAK SPACE}%",
        "100\N{NO-BREAK SPACE}%",
    ]
