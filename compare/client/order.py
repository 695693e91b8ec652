"""An order, which the closed-loop client gets, and a turn, which it gives: each a line of JSON."""

import random
import uuid
from collections import Counter
from dataclasses import dataclass, field

from pydantic import TypeAdapter

MOST_KEPT = 2
ID, UUID = "{id}", "{uuid}"  # in a path or a body: drawn for each request


@dataclass(frozen=True)
class Question:
    """What is asked: its share of a hundred requests, and what makes an answer a good one."""

    share: int
    method: str
    path: str
    status: int
    contains: str
    body: str
    ids: list[int]

    def draw(self) -> tuple[str, str]:
        """Give the path and the body of one request."""
        path = self.path.replace(ID, str(random.choice(self.ids))) if self.ids else self.path
        return path, self.body.replace(UUID, str(uuid.uuid4())) if self.body else ""


@dataclass(frozen=True)
class Order:
    """One turn: so many connections ask the service at `url` for so many seconds.

    Each gets `fewest_answers` at least, however long they take. What is not answered after
    `patience_seconds` is an error.
    """

    url: str
    questions: list[Question]
    concurrency: int
    seconds: float
    fewest_answers: int
    patience_seconds: float

    def draw(self) -> Question:
        """Draw one of the questions, each by its share."""
        if len(self.questions) == 1:
            return self.questions[0]
        return random.choices(self.questions, [question.share for question in self.questions])[0]


@dataclass(frozen=True)
class Kept:
    """One answer, whole, with what it is the answer to."""

    path: str
    sent: str
    status: int
    received: str


@dataclass
class Turn:
    """What came of an order: the good answers by path as in the questions, and each one's time.

    `errors` are by what went wrong; `kept` are MOST_KEPT of the answers, drawn from all of them.
    """

    duration_seconds: float = 0.0
    client_cpu_seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    kept: list[Kept] = field(default_factory=list)

    def add(self, question: Question, answer: Kept, seconds: float) -> None:
        """Count an answer, as good or as an error."""
        if answer.status != question.status:
            self.errors[f"{question.path} answered {answer.status}"] += 1
        elif question.contains not in answer.received:
            self.errors[f"{question.path} answered without {question.contains}"] += 1
        else:
            self.answers[question.path] += 1
            self.latencies_ms.append(seconds * 1000)
        self._draw(answer)

    def _draw(self, answer: Kept) -> None:
        # So that each answer of the turn is kept with the same chance, however many there will be.
        if len(self.kept) < MOST_KEPT:
            self.kept.append(answer)
        else:
            place = random.randrange(self.answers.total() + self.errors.total())
            if place < MOST_KEPT:
                self.kept[place] = answer


ORDERS, TURNS = TypeAdapter(Order), TypeAdapter(Turn)
