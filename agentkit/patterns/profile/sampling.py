"""The price of a funnel from a stratified sample: some threads of each size are read, and the rest is estimated."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean, variance
from typing import TYPE_CHECKING

from agentkit.errors import UsageError
from agentkit.patterns.classify.intervals import normal_quantile
from agentkit.patterns.profile.planning import FunnelRates, tokens_of
from agentkit.patterns.reading.evidence import evidence_tokens
from agentkit.patterns.reading.plan import Plan

if TYPE_CHECKING:
    from agentkit.patterns.mail.records import FoundThread
    from agentkit.patterns.profile.stages import Stages

STRATA = 4
"""Groups of threads by size, from each of which a part of the sample is drawn."""
_MIN_DRAWN = 2


def draw_sample(threads: Sequence[FoundThread], size: int) -> list[tuple[Sequence[FoundThread], list[FoundThread]]]:
    """Return threads in groups by size, each with those of it that are read; the same threads give the same sample."""
    ordered = sorted(threads, key=lambda thread: (tokens_of(thread), thread.id))
    count = min(STRATA, max(1, min(len(ordered), size) // _MIN_DRAWN))
    bounds = [len(ordered) * number // count for number in range(count + 1)]
    groups = [ordered[start:end] for start, end in pairwise(bounds)]
    draw = random.Random(0)  # noqa: S311 - a sample, no secret
    drawn = (size * (number + 1) // count - size * number // count for number in range(count))
    shares = [min(len(group), max(_MIN_DRAWN, share)) for group, share in zip(groups, drawn, strict=True)]
    return [(group, draw.sample(group, share)) for group, share in zip(groups, shares, strict=True)]


async def price_by_sample(stages: Stages, rates: FunnelRates, threads: Sequence[FoundThread], size: int) -> Plan:
    """Read a sample of threads, and return the plan for all of them, with an interval of 95% for its price.

    Args:
        stages: The stages, which have found the threads.
        rates: The prices.
        threads: The threads that were found.
        size: Number of threads to read.

    Raises UsageError where no thread of some size could be read.
    """
    groups = draw_sample(threads, size)
    drawn = [thread for _, some in groups for thread in some]
    prices = stages.runs.prices = dict[str, float | None]()
    useful = await stages.filter(drawn)
    await stages.read(useful)
    groups = [(group, [one for one in some if one.content not in stages.runs.failed]) for group, some in groups]
    read = sum(len(some) for _, some in groups)
    if not all(some for _, some in groups):
        raise UsageError(
            f"plan_funnel(sample={size}): of {len(drawn)} threads only {read} could be read, too few to price the "
            f"rest: {stages.gaps[0].reason}."
        )
    scale = len(threads) / read
    reading = _interval(groups, prices)
    tokens = sum(map(evidence_tokens, stages.evidence)) * scale
    queries = stages.runs.costs["queries"].usd if "queries" in stages.runs.costs else 0.0
    least, most = (rates.writing_usd(int(tokens), is_much=is_much) for is_much in (False, True))
    usage, sizes = stages.runs.usage, rates.plan(threads)
    price: tuple[float, float] | tuple[None, None] = (None, None)
    if not (reading is None or queries is None or least is None or most is None):
        price = reading[0] + queries + least, reading[1] + queries + most
    return Plan(
        documents=len(threads),
        calls=round((read + len(useful)) * scale) + len(rates.sections) + rates.query_rounds,
        input_tokens=round(usage.prompt_tokens * scale),
        output_tokens=round(usage.output_tokens * scale),
        min_cost_usd=price[0],
        max_cost_usd=price[1],
        seconds=sizes.seconds,
        worst_case_usd=sizes.worst_case_usd,
        sampled=read,
        not_sampled=len(drawn) - read,
    )


def _interval(
    groups: Sequence[tuple[Sequence[FoundThread], list[FoundThread]]], prices: Mapping[str, float | None]
) -> tuple[float, float] | None:
    """Return the interval of the price of reading all threads. None: a price is not known."""
    total = spread = paid = 0.0
    for group, drawn in groups:
        known = [prices.get(thread.content, 0.0) for thread in drawn]
        usd = [price for price in known if price is not None]
        if len(usd) < len(known):
            return None
        paid += sum(usd)
        total += len(group) * fmean(usd)
        if 1 < len(usd) < len(group):
            spread += len(group) ** 2 * (1 - len(usd) / len(group)) * variance(usd) / len(usd)
    half = normal_quantile(0.95) * math.sqrt(spread)
    return max(paid, total - half), total + half
