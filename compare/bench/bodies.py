"""Compare whole answers with the contract: every field, where the load looks for one text."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from compare.bench import expected
from compare.client.order import Kept
from shared.schemas import PostDetail, PostPage

Shape = TypeVar("Shape", bound=BaseModel)


class Difference(Exception):
    """An answer that is not the contract's; the message is one line."""


class Waited(BaseModel):
    """What a view of the waiting study answers: its own name."""

    waited: str


@dataclass
class Bodies:
    """What was compared so far: how many good answers by endpoint, and the first that differs.

    `unanswered` counts the questions without an answer in time, of which an overload has some.
    """

    answers: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    difference: str = ""

    @property
    def compared(self) -> int:
        """How many bodies were compared and found equal."""
        return self.answers.total()

    def compare(self, answer: Kept) -> None:
        """Compare an answer to one of the scenarios' questions; Difference when it is another.

        The service must have been started on the seed data; posts that were made since may come on
        top.
        """
        endpoint, right = _right(answer)
        self.compare_with(endpoint, answer, right)

    def compare_with(self, endpoint: str, answer: Kept, right: BaseModel) -> None:
        """Compare an answer with what is right here; Difference when it is another."""
        body = read(answer, type(right))
        if difference := expected.difference(body.model_dump(), right.model_dump()):
            raise Difference(f"{question(answer)} answered with another {difference}")
        self.answers[endpoint] += 1

    def marks(self) -> list[str]:
        """Say so when nothing could be compared."""
        if self.compared or self.difference:
            return []
        return [f"no body was compared: {self.unanswered} questions were not answered in time"]


def read(answer: Kept, shape: type[Shape]) -> Shape:
    """Read a body of exactly this shape, no field more; Difference when it has another."""
    try:
        return shape.model_validate_json(answer.received, strict=True, extra="forbid")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, ("body", *first["loc"])))
        raise Difference(
            f"{question(answer)} answered with another {where}: {first['msg']}"
        ) from error


def question(answer: Kept) -> str:
    """Name what an answer is the answer to, such as GET /posts."""
    return f"{'POST' if answer.sent else 'GET'} {_place(answer)}"


def _right(answer: Kept) -> tuple[str, BaseModel]:
    """Give the endpoint that was asked, and what it should have answered."""
    match _place(answer).split("/")[1:]:
        case ["posts"] if answer.sent:
            return "create", expected.created(json.loads(answer.sent), read(answer, PostDetail))
        case ["posts"]:
            return "list", expected.page(read(answer, PostPage).posts)
        case ["posts", id]:
            return "detail", expected.detail(int(id))
        case ["dashboard"]:
            return "dashboard", expected.DASHBOARD
        case ["ladder", rung]:  # answers as the list does
            return rung, expected.page(read(answer, PostPage).posts)
        case ["wait", wait]:
            return wait, Waited(waited=wait)
    raise NotImplementedError(f"nothing is known of the answers of {answer.path}")


def _place(answer: Kept) -> str:
    return answer.path.partition("?")[0]
