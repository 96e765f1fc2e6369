"""A cascade measured against always using its strong model, which a seeded sample of the items is also given to."""

from __future__ import annotations

import random
from collections.abc import AsyncIterable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack, cast

from agentkit.errors import UsageError
from agentkit.log import log
from agentkit.patterns.escalation.cascade import CascadeOptions, open_cascade
from agentkit.patterns.escalation.checks import Check, CheckFunction, as_check_function
from agentkit.patterns.escalation.comparison import Pair
from agentkit.patterns.escalation.items import are_many
from agentkit.patterns.escalation.levels import prepare_levels
from agentkit.patterns.escalation.measures import CascadeMeasurement, Rated
from agentkit.patterns.escalation.result import CascadeResult
from agentkit.redaction.redactor import text_without_secrets
from agentkit.schema.validation.unknown_options import refuse_unknown_options
from agentkit.tool_calls.own_task import call_in_own_task

if TYPE_CHECKING:
    from agentkit.patterns.escalation.cascade import AnyLevels
    from agentkit.patterns.escalation.items import ManyItems
    from agentkit.run.agent_spec import AnySpec

SAMPLE = 50
"""Items that the strong model is given alone, by default."""
IsRight: TypeAlias = "Callable[..., Any]"
"""`is_right(answer)` or `is_right(answer, item)`, sync or async: it returns True if the answer is really right."""


async def measure_cascade(
    items: ManyItems[Any],
    *,
    levels: AnyLevels,
    check: Check | None = None,
    sample: int = SAMPLE,
    seed: int = 0,
    is_right: IsRight | None = None,
    **options: Unpack[CascadeOptions[Any]],
) -> CascadeMeasurement[Any]:
    """Run a cascade over many items, give a sample of them to the strong model alone, and compare the two item by item.

    The strong model is the last level. Its price is measured, not assumed; its answers get the same checks, whose price
    is not counted for it. Levels that were chosen by these numbers are measured on other items.

    Args:
        items: The items.
        levels: As in `cascade`, two at least.
        check: As in `cascade`.
        sample: The number of items that the strong model is given, drawn at random; all where there are fewer.
        seed: The same seed draws the same items.
        is_right: `is_right(answer)` or `is_right(answer, item)` knows what is really right, by labels for example, and
            returns True or False: it tells how often the checks let wrong ones pass. One that raises, or returns None
            or a text as a check does, is one of the `gaps`.
        options: See `CascadeOptions`. A budget is for the cascade and the sample together.

    Raises:
        UsageError: An argument cannot work.
        ConfigurationError: Something is missing before anything is sent: credentials, a price.
    """
    refuse_unknown_options("measure_cascade(...)", options, [*CascadeOptions.__optional_keys__], UsageError)
    if not isinstance(cast("object", sample), int) or isinstance(sample, bool) or sample < 1:
        raise UsageError(f"measure_cascade(sample={sample!r}): it takes a number of items, at least one.")
    prepared = prepare_levels(levels, check)
    rating = None if is_right is None else as_check_function(is_right, "measure_cascade(is_right=...)")
    if len(prepared) == 1:
        raise UsageError("measure_cascade(levels=...): one level is no cascade; it takes two at least.")
    given = await _read_items(items, prepared[0].agent)
    places = sorted(random.Random(seed).sample(range(len(given)), min(sample, len(given))))  # noqa: S311 - no secret
    async with open_cascade(prepared, options) as opened:
        alone = opened.of_last_level()
        strong = await alone.solve_many([given[place] for place in places], {**options, "progress": None})
        results = await opened.solve_many(given, options)
    both = [(results[place], one) for place, one in zip(places, strong, strict=True)]
    pairs = tuple(Pair(*two) for two in both if _both_ended(*two))
    partial = sum(one.is_partial or other.is_partial for one, other in both)
    rated = await _rate(results, given, rating)
    strong_results = [replace(pair.strong, index=pair.cascade.index) for pair in pairs]
    rated_strong = await _rate(strong_results, given, rating)
    return CascadeMeasurement(results, prepared[-1].name, pairs, len(places), seed, rated, rated_strong, partial)


async def _read_items(items: ManyItems[Any], agent: AnySpec) -> list[Any]:
    """Return all items. Raises UsageError for what is one input, or none."""
    if not are_many(items, agent):
        kind = type(cast("object", items)).__name__
        raise UsageError(f"measure_cascade takes an iterable of inputs, not one {kind}: put it into a list.")
    return [one async for one in items] if isinstance(items, AsyncIterable) else [*items]


def _both_ended(cascade: CascadeResult[Any], strong: CascadeResult[Any]) -> bool:
    """Return True if both say something about their models: neither was cut off by a budget or ended by an error."""
    return all(one.attempts and not one.is_cut_off and not one.error for one in (cascade, strong))


async def _rate(
    results: Sequence[CascadeResult[Any]], items: Sequence[Any], rating: CheckFunction | None
) -> tuple[Rated, ...]:
    """Return all answers that the checks have judged, with what is known of them."""
    rated: list[Rated] = []
    if rating is None:
        return ()
    for result in results:
        for attempt in result.attempts:
            if attempt.answer is not None and not attempt.is_cut_off:
                right, gap = await _is_right(rating, attempt.answer, items[result.index])
                rated.append(Rated(result.index, attempt.level, attempt.accepted, right, gap))
    return tuple(rated)


async def _is_right(rating: CheckFunction, answer: object, item: object) -> tuple[bool | None, str]:
    """Return True or False, or None and the reason why it is not known whether the answer is right."""
    try:
        said = await call_in_own_task(rating, answer, item)
        if said is not None and not isinstance(said, str):
            return bool(said), ""
    except Exception as error:  # noqa: BLE001 - the function is the user's own, and the answers are paid
        log().debug("is_right of a measured cascade raised", exc_info=error)
        return None, text_without_secrets(f"is_right(answer, item) raised {type(error).__name__}: {error}")
    kind = "None" if said is None else "a text"
    return None, f"is_right(answer, item) returned {kind}, as a check does, and not True or False"
