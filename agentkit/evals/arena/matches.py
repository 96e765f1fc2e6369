"""Battles that are fought here: two agents or pipelines answer a prompt, and a judge compares the answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, TypeVar

import anyio

from agentkit.agents.agent import Agent
from agentkit.errors import AgentkitError, UsageError
from agentkit.evals.arena.battles import Battle, Winner
from agentkit.evals.arena.judges import Judge
from agentkit.evals.arena.schedules import round_robin
from agentkit.redaction.exception_summary import exception_text
from agentkit.tool_calls.failures import first_leaf_exception
from agentkit.tool_calls.own_task import call_in_own_task
from agentkit.tools.serialization import json_text

T = TypeVar("T")
Contender: TypeAlias = "Agent[None, str, Any] | Callable[[str], Awaitable[object]]"
"""An agent, or any pipeline: an async function that takes the prompt and returns the answer."""

_SWAPPED: dict[Winner, Winner] = {"a": "b", "b": "a", "tie": "tie", "both_bad": "both_bad"}


@dataclass(frozen=True, slots=True)
class Match:
    """One prompt, two answers, and the judgement on them."""

    prompt: str
    """The prompt."""
    answers: Mapping[str, str]
    """Name -> answer."""
    battle: Battle
    """The battle, for `bradley_terry`."""
    judgements: tuple[Battle, ...]
    """The judge's single judgements, each with the answer that was shown first as a: for `position_bias`."""


@dataclass(frozen=True, slots=True)
class MatchFailure:
    """A match that did not take place: an infrastructure failure is no defeat."""

    prompt: str
    """The prompt."""
    names: tuple[str, str]
    """The names that should have met."""
    error: Exception
    """The reason: RunIncomplete of an agent or of the judge, or what a pipeline or a judge of your own has raised."""

    @property
    def reason(self) -> str:
        """The reason in a sentence."""
        text = exception_text(self.error)
        return text if isinstance(self.error, AgentkitError) else f"{type(self.error).__name__}: {text}"


async def battle(
    prompt: str,
    contenders: Mapping[str, Contender],
    judge: Judge,
    *,
    both_orders: bool = True,
    category: str | None = None,
) -> Match:
    """Let two contenders answer a prompt at the same time, and have the answers judged.

    Args:
        prompt: The prompt.
        contenders: Two names with their agents or pipelines. With one order, the first is shown first.
        judge: The judge: `agent_judge`, `person_judge`, or a function of your own.
        both_orders: True: the judge sees the answers in both orders. Where it then names different winners, as a judge
            does who likes what comes first, it is a tie.
        category: The kind of task, for breakdowns.

    Raises:
        ValueError: There are not two contenders.
        RunIncomplete: A contender or the judge has no output: nobody has won or lost.
    """
    if len(contenders) != 2:
        raise ValueError(f"battle: two contenders are needed, not {len(contenders)} ({', '.join(contenders)}).")
    (a, first), (b, second) = contenders.items()
    answers = await at_once([partial(_answer, first, prompt), partial(_answer, second, prompt)])
    return await _Pairing(prompt, a, b, judge, both_orders, category).judged(*answers)


async def battle_all(
    prompts: Iterable[str],
    contenders: Mapping[str, Contender],
    judge: Judge,
    *,
    pairs: Sequence[tuple[str, str]] | None = None,
    both_orders: bool = True,
    category: str | None = None,
    concurrency: int = 8,
) -> tuple[list[Match], list[MatchFailure]]:
    """Let pairs of contenders battle on each prompt. Each contender answers a prompt once, for all its battles.

    A failure costs the matches that it concerns and no others; they are reported apart, whatever a pipeline or a judge
    raises.

    Args:
        prompts: The prompts.
        contenders: Names with their agents or pipelines.
        judge: As for `battle`.
        pairs: The pairs that meet on each prompt, the one that is shown first in front. Default: all, as `round_robin`.
        both_orders: As for `battle`.
        category: The kind of task, for breakdowns.
        concurrency: The most prompts at once; the matches of one are judged one after the other. 1 for a person.

    Raises:
        ValueError: A pair has a name that is no contender's.
        UsageError: A run finds something that only the caller can put right.
    """
    met = round_robin(list(contenders)) if pairs is None else list(pairs)
    names = list(dict.fromkeys(name for pair in met for name in pair))
    unknown = [name for name in names if name not in contenders]
    if unknown:
        raise ValueError(
            f"battle_all: {', '.join(unknown)} in `pairs` is none of the contenders, {', '.join(contenders)}."
        )
    limiter = anyio.CapacityLimiter(concurrency)

    async def play(prompt: str) -> list[Match | MatchFailure]:
        async with limiter:
            tried = await at_once([partial(_try_to_answer, contenders[name], prompt) for name in names])
            answers = dict(zip(names, tried, strict=True))
            return [await _Pairing(prompt, *pair, judge, both_orders, category).play(answers) for pair in met]

    played = await at_once([partial(play, prompt) for prompt in prompts])
    outcomes = [outcome for of_prompt in played for outcome in of_prompt]
    return (
        [outcome for outcome in outcomes if isinstance(outcome, Match)],
        [outcome for outcome in outcomes if isinstance(outcome, MatchFailure)],
    )


@dataclass(frozen=True, slots=True)
class _Pairing:
    """Two names on a prompt, and the judge of their answers."""

    prompt: str
    first: str
    second: str
    judge: Judge
    both_orders: bool
    category: str | None

    async def play(self, answers: Mapping[str, str | Exception]) -> Match | MatchFailure:
        """Return the match, or the failure of a contender or of the judge."""
        first, second = answers[self.first], answers[self.second]
        for error in (first, second):
            if isinstance(error, Exception):
                return MatchFailure(self.prompt, (self.first, self.second), error)
        try:
            return await self.judged(str(first), str(second))
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - of a judge of the user's own: it costs this match
            return MatchFailure(self.prompt, (self.first, self.second), error)

    async def judged(self, first: str, second: str) -> Match:
        """Return the match that the judge decides."""
        orders = [partial(self.judge, self.prompt, first, second)]
        orders += [partial(self.judge, self.prompt, second, first)] if self.both_orders else []
        winner, *swapped = await at_once(orders)
        judgements = [Battle(self.first, self.second, winner, self.category)]
        judgements += [Battle(self.second, self.first, one, self.category) for one in swapped]
        agreed = all(_SWAPPED[one] == winner for one in swapped)
        decided = Battle(self.first, self.second, winner if agreed else "tie", self.category)
        return Match(self.prompt, {self.first: first, self.second: second}, decided, tuple(judgements))


async def _try_to_answer(contender: Contender, prompt: str) -> str | Exception:
    try:
        return await call_in_own_task(partial(_answer, contender, prompt))
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - of a pipeline of the user's own: it costs its matches
        return error


async def _answer(contender: Contender, prompt: str) -> str:
    output: object
    if callable(contender):
        output = await contender(prompt)
    else:
        output = (await contender.run(prompt)).output
    return output if isinstance(output, str) else json_text(output)


async def at_once(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Make calls at the same time and return their values in order; the first exception ends all.

    Args:
        calls: The calls.
    """
    values: dict[int, T] = {}

    async def call(number: int) -> None:
        values[number] = await call_in_own_task(calls[number])

    try:
        async with anyio.create_task_group() as tasks:
            for number in range(len(calls)):
                tasks.start_soon(call, number)
    except BaseExceptionGroup as group:
        raise first_leaf_exception(group) from None
    return [values[number] for number in range(len(calls))]
