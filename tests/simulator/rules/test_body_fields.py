"""The fields of a body are those of the SDK's types; `test_validation.py` has bodies with others."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

from anthropic.types.beta import (
    BetaCompactionConfigParam,
    BetaContainerParams,
    BetaContextManagementConfigParam,
    BetaMessageParam,
    BetaMetadataParam,
    BetaOutputConfigParam,
    BetaThinkingConfigParam,
    BetaToolChoiceParam,
)
from anthropic.types.beta.message_count_tokens_params import MessageCountTokensParams
from anthropic.types.beta.message_create_params import MessageCreateParamsBase

from agentkit.simulator.rules import body_fields
from agentkit.simulator.rules.body_fields import BODY_FIELDS, COUNTED_FIELDS, OBJECT_FIELDS

NOT_SENT = {"betas"}
"""Parameters of the SDK that are headers of the request."""


def fields(*types: Any) -> set[str]:
    return {name for each in types for name in get_type_hints(each)}


def test_they_are_the_fields_of_the_sdks_types() -> None:
    assert fields(MessageCreateParamsBase) - NOT_SENT == BODY_FIELDS
    assert fields(MessageCountTokensParams) - NOT_SENT == COUNTED_FIELDS
    assert {
        "tool_choice": fields(*get_args(BetaToolChoiceParam)),
        "thinking": fields(*get_args(BetaThinkingConfigParam)),
        "output_config": fields(BetaOutputConfigParam),
        "metadata": fields(BetaMetadataParam),
        "compaction": fields(BetaCompactionConfigParam),
        "context_management": fields(BetaContextManagementConfigParam),
        "container": fields(BetaContainerParams),
    } == OBJECT_FIELDS
    assert fields(*get_args(BetaMessageParam)) == {
        name for known in body_fields._MESSAGE_FIELDS.values() for name in known
    }
