"""The rule of thinking signatures: for models that bind thinking, it must come after what it was signed with."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from agentkit.simulator.model_behavior.thinking_signatures import find_broken_binding
from agentkit.simulator.rules.refusal import APPROXIMATE

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.simulator.rules.refusal import CheckedRequest


_BETA = "thinking-binding-controls-2026-08-01"


def check_signatures(request: CheckedRequest) -> str | None:
    """Return the error text for a thinking block whose signature does not match, unless such blocks are dropped."""
    controls = request.object_field("thinking").get("block_binding")
    if controls is not None and _BETA not in request.edition.betas:
        return APPROXIMATE["extra"].format(field="thinking.block_binding")
    is_dropped = cast("JSONObject", controls or {}).get("prefix_mismatch_behavior") == "drop_block"
    return find_broken_binding(request.body) if request.facts.binds_thinking and not is_dropped else None
