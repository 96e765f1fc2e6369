"""The fields of blocks and tools are those of the SDK's types; `test_validation.py` has bodies with others."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

from anthropic.types.beta import (
    BetaBrowserStateBlockParam,
    BetaContentBlockParam,
    BetaToolParam,
    BetaToolReferenceBlockParam,
)

from agentkit.simulator.rules.block_fields import BLOCK_FIELDS, TOOL_FIELDS


def test_they_are_the_fields_of_the_sdks_types() -> None:
    members: list[Any] = [*get_args(BetaContentBlockParam), BetaToolReferenceBlockParam, BetaBrowserStateBlockParam]
    found: dict[str, set[str]] = {}
    for member in members:
        if not hasattr(member, "__annotations__"):
            continue  # the types of a toolset's calls, which have the fields of a call
        hints = get_type_hints(member)
        found[get_args(hints["type"])[0]] = set(hints) - {"type", "cache_control"}
    assert {kind: BLOCK_FIELDS[kind] for kind in found} == found
    assert set(get_type_hints(BetaToolParam)) == TOOL_FIELDS
