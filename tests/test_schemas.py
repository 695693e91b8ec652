"""The wire shapes cost little, whatever a request holds."""

import pytest
from pydantic import ValidationError

from shared.schemas import MAX_LISTED_ERRORS, NewPost


def test_few_of_many_unknown_fields_are_looked_at() -> None:
    """Each error takes time on the event loop: Pydantic makes few more than are listed."""
    unknown = {str(number): 0 for number in range(110_000)}
    with pytest.raises(ValidationError) as refusal:
        NewPost.model_validate(unknown | {"title": 1})
    locations = [error["loc"] for error in refusal.value.errors()]
    missing = [("title",), ("body",), ("author_id",)]
    assert locations == missing + [(str(number),) for number in range(MAX_LISTED_ERRORS)]
