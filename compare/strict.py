"""What every part of the results file is made of."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A part of the results file: it takes no field that it does not know."""

    model_config = ConfigDict(extra="forbid")
