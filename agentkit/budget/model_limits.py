"""Token limits of each Claude model, in one table: context window, longest output, shortest cacheable prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """One model's limits, in tokens."""

    max_output_tokens: int = 128_000
    """The largest `max_tokens` that the API accepts."""
    context_tokens: int = 1_000_000
    """The context window: prompt and reply together."""
    min_cacheable_tokens: int = 1_024
    """A shorter prompt is not cached. A guess for the 5.5 family: nothing is published."""


_LARGE = ModelLimits()
_SMALL = ModelLimits(max_output_tokens=64_000, context_tokens=200_000)
_CACHES_FROM_2048 = ModelLimits(min_cacheable_tokens=2_048)
_CACHES_FROM_4096 = ModelLimits(min_cacheable_tokens=4_096)

MODEL_LIMITS: Mapping[str, ModelLimits] = {
    "claude-fable-5-2": _LARGE,
    "claude-fable-5-1": _LARGE,
    "claude-fable-5": _CACHES_FROM_2048,
    "claude-mythos-5-2": _LARGE,
    "claude-mythos-5-1": _LARGE,
    "claude-mythos-5": _LARGE,
    "claude-opus-5-5": _LARGE,
    "claude-opus-5": _LARGE,
    "claude-opus-4-8": _CACHES_FROM_4096,
    "claude-opus-4-7": _CACHES_FROM_4096,
    "claude-opus-4-6": _CACHES_FROM_4096,
    "claude-opus-4-5": ModelLimits(context_tokens=200_000, min_cacheable_tokens=4_096),  # its window is a guess
    "claude-sonnet-5-5": _LARGE,
    "claude-sonnet-5": _LARGE,
    "claude-sonnet-4-6": _CACHES_FROM_2048,
    "claude-sonnet-4-5": _SMALL,  # its output is a guess
    "claude-haiku-5-5": _LARGE,
    "claude-haiku-4-5": ModelLimits(64_000, 200_000, 4_096),
}


def model_limits_of(model: str) -> ModelLimits | None:
    """Return the limits of a model; a date at the end of its id is ignored. None: the model is not in the table."""
    return MODEL_LIMITS.get(model) or MODEL_LIMITS.get(without_date(model))


@lru_cache(maxsize=1_000)
def without_date(model: str) -> str:
    """Return the id without its date: `claude-haiku-4-5-20251001`, or `@20251001` -> `claude-haiku-4-5`."""
    return re.sub(r"[-@]\d{8}$", "", model)
