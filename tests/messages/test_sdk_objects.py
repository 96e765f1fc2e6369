"""Objects of the official SDK become the dictionaries that the API sent; nothing else is touched."""

from __future__ import annotations

import anthropic.types as sdk
from anthropic.types.beta import BetaTextBlock
from pydantic import BaseModel

from agentkit.messages.sdk_objects import as_plain


class Line(BaseModel):
    type: str = "text"


def test_only_fields_that_were_sent_are_left() -> None:
    block = sdk.TextBlock.model_validate({"type": "text", "text": "Tea.", "hologram": 1})
    assert as_plain(block) == {"type": "text", "text": "Tea.", "hologram": 1}
    assert as_plain(BetaTextBlock.model_construct(type="hologram", x=1)) == {"type": "hologram", "x": 1}
    parsed = sdk.ParsedTextBlock[None].model_validate({"type": "text", "text": "1", "parsed_output": None})
    assert as_plain(parsed) == {"type": "text", "text": "1"}


def test_everything_else_is_passed_on() -> None:
    for value in ("Hi", {"type": "text"}, Line(), None):
        assert as_plain(value) is value
