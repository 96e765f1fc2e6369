"""The models that the local Messages API knows, and what each can do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model's limits."""

    max_output_tokens: int = 128_000
    context_tokens: int = 1_000_000
    min_cacheable_tokens: int = 1024
    """A shorter prefix is silently not cached. For the 5.5 family the figure is not published; this is a guess."""
    binds_thinking: bool = False
    """Whether a thinking block is refused when anything before it changed."""


_BINDING = ModelFacts(binds_thinking=True)

MODELS: Mapping[str, ModelFacts] = {
    "claude-fable-5-2": _BINDING,
    "claude-fable-5-1": _BINDING,
    "claude-fable-5": ModelFacts(min_cacheable_tokens=2048),
    "claude-mythos-5-2": _BINDING,
    "claude-mythos-5-1": _BINDING,
    "claude-mythos-5": ModelFacts(),
    "claude-opus-5-5": _BINDING,
    "claude-opus-5": ModelFacts(),
    "claude-opus-4-8": ModelFacts(min_cacheable_tokens=4096),
    "claude-opus-4-7": ModelFacts(min_cacheable_tokens=4096),
    "claude-opus-4-6": ModelFacts(min_cacheable_tokens=4096),
    "claude-opus-4-5": ModelFacts(context_tokens=200_000, min_cacheable_tokens=4096),
    "claude-sonnet-5-5": _BINDING,
    "claude-sonnet-5": ModelFacts(),
    "claude-sonnet-4-6": ModelFacts(min_cacheable_tokens=2048),
    "claude-sonnet-4-5": ModelFacts(64_000, 200_000),
    "claude-haiku-5-5": _BINDING,
    "claude-haiku-4-5": ModelFacts(64_000, 200_000, 4096),
}


def facts_of(model: str) -> ModelFacts | None:
    """What a model can do; ids with a date are the model. None: there is no such model."""
    return MODELS.get(model) or MODELS.get(re.sub(r"-\d{8}$", "", model))
