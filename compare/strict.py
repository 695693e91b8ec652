"""What every part of the results file is made of."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A part of the results file: it takes no field that it does not know."""

    model_config = ConfigDict(extra="forbid")


class Interval(Strict):
    """A ratio, geometric mean over blocks or rounds, with its 95 % bootstrap interval over them."""

    ratio: float
    low: float
    high: float
