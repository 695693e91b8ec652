"""What the test of compose.yml counts as lost: the judgement alone, which needs no Docker."""

import httpx
import pytest

from compose.composition import Broken, Handled, handled_in
from compose.killing import (
    BAD_GATEWAY,
    CREATED,
    MOST_FAILED,
    Attempt,
    Death,
    check_the_failed,
)

DEATH = Death(told_at_seconds=10.0, dead_at_seconds=11.0)
# As nginx wrote them: whole, cut off, lost, tried elsewhere, answered by nginx itself, no request.
LOG = """
2026-11-29T00:33:43+00:00 "POST /django/posts HTTP/1.1" 201 172.18.0.6:8000 201 251/251 0.067
2026-11-29T00:33:43+00:00 "POST /django/posts HTTP/1.1" 201 172.18.0.6:8000 201 0/251 0.069
2026-11-29T00:33:43+00:00 "POST /django/posts HTTP/1.1" 502 172.18.0.6:8000 502 95/95 0.001
2026-11-29T00:33:44+00:00 "GET /a b HTTP/1.1" 200 172.18.0.6:8000, 172.18.0.4:8000 502, 200 9/- 1.0
2026-11-29T00:33:44+00:00 "GET /elsewhere HTTP/1.1" 404 - - 101/101 0.000
2026/11/29 00:33:28 [error] 9#9: *5 upstream prematurely closed, upstream: "http://172.18.0.6:8000/x"
"""


def attempt(sent_at_seconds: float, ended_at_seconds: float, status: int | None) -> Attempt:
    """Give one create with this answer, or with none."""
    answer = None if status is None else httpx.Response(status)
    return Attempt(1, sent_at_seconds, ended_at_seconds, answer)


@pytest.mark.parametrize(
    ("sent_at_seconds", "ended_at_seconds"), [(9.0, 10.5), (10.2, 10.4), (10.9, 12.0), (9.0, 12.0)]
)
@pytest.mark.parametrize("status", [BAD_GATEWAY, None])
def test_create_may_fail_while_a_replica_dies(
    sent_at_seconds: float, ended_at_seconds: float, status: int | None
) -> None:
    """A create that was in flight at any moment between the order to die and the death may fail."""
    cut_off = attempt(sent_at_seconds, ended_at_seconds, status)
    assert check_the_failed([cut_off, attempt(9.0, 12.0, CREATED)], DEATH) == 1


@pytest.mark.parametrize(("sent_at_seconds", "ended_at_seconds"), [(8.0, 9.9), (11.1, 12.0)])
@pytest.mark.parametrize("status", [BAD_GATEWAY, None])
def test_no_create_may_fail_before_or_after_that(
    sent_at_seconds: float, ended_at_seconds: float, status: int | None
) -> None:
    """A create that failed before a replica was told to die, or was sent after it, is a fault."""
    with pytest.raises(Broken, match="1 of the creates that failed"):
        check_the_failed([attempt(sent_at_seconds, ended_at_seconds, status)], DEATH)


def test_no_sender_may_fail_a_third_time() -> None:
    """A sender can be cut off, and once more by the dead replica's listener, but not again."""
    cut_off = [attempt(9.0, 10.5, BAD_GATEWAY)] * MOST_FAILED
    assert check_the_failed(cut_off, DEATH) == MOST_FAILED
    with pytest.raises(Broken, match="creates failed with 16 in flight"):
        check_the_failed([*cut_off, attempt(10.6, 10.9, BAD_GATEWAY)], DEATH)


def test_log_of_the_front_door_tells_whole_answers_from_those_cut_off() -> None:
    """A status is no answer yet: of one that was cut off fewer bytes were sent than promised."""
    assert handled_in(LOG) == [
        Handled(201, "172.18.0.6", is_whole=True),
        Handled(201, "172.18.0.6", is_whole=False),
        Handled(502, "172.18.0.6", is_whole=True),
        Handled(200, "172.18.0.4", is_whole=True),
    ]
