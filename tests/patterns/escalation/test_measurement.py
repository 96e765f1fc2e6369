"""A cascade against its strong model: workers of known quality are planted, and the report finds what was planted."""

from __future__ import annotations

import math
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from agentkit import Budget, UsageError
from agentkit.messages.message import JSONObject
from agentkit.patterns import CascadeMeasurement, Grade, grading_agent, measure_cascade
from agentkit.patterns.classify.intervals import Interval
from agentkit.testing import Reply, script
from tests.patterns.escalation.workers import HAIKU, LEVELS, OPUS, SONNET

pytestmark = pytest.mark.anyio

CHEAP_RIGHT, STRONG_RIGHT, FALSE_ACCEPTS = 0.7, 0.95, 0.2
PROMPT = f"item {{:04}} {'of a long text ' * 200}"


@dataclass
class Planted:
    """Workers that are right with a known probability, drawn for each item, and a check that lets some wrong pass."""

    seed: int
    cheap_right: float = CHEAP_RIGHT

    def draw(self, number: str, what: str) -> float:
        return random.Random(f"{self.seed} {number} {what}").random()

    def play(self, request: JSONObject) -> Reply:
        number, model = str(request["messages"][0]["content"]).split("item ")[1][:4], request["model"]
        is_right = self.draw(number, model) < (self.cheap_right if model == HAIKU else STRONG_RIGHT)
        return Reply.text(f"{'right' if is_right else 'wrong'} {number}")

    def check(self, answer: str) -> str | None:
        word, number = answer.split()
        return None if word == "right" or self.draw(number, "check") < FALSE_ACCEPTS else "It is wrong."


def is_right(answer: str) -> bool:
    return answer.startswith("right")


async def measure(seed: int, items: int = 60, cheap_right: float = CHEAP_RIGHT) -> CascadeMeasurement:
    planted = Planted(seed, cheap_right)
    with script(planted.play) as api:
        measured = await measure_cascade(
            (PROMPT.format(number) for number in range(items)),
            levels=LEVELS, check=planted.check, sample=items * 2 // 3, seed=seed, is_right=is_right,
        )  # fmt: skip
    paid = measured.results.cost.usd
    assert paid is not None
    assert paid + sum(pair.strong.cost.usd or 0 for pair in measured.pairs) == pytest.approx(api.ledger.usd)
    return measured


async def price_list() -> tuple[float, float, float]:
    """The price of a cheap attempt, of a strong one with the evidence, and of a strong one alone."""
    with script(Reply.text("wrong 0000"), Reply.text("wrong 0000"), Reply.text("right 0000")):
        one = await measure_cascade([PROMPT.format(0)], levels=LEVELS, check=lambda answer: answer.startswith("right"))
    (pair,) = one.pairs
    cheap, strong = (attempt.cost.usd for attempt in pair.cascade.attempts)
    alone = pair.strong.cost.usd
    assert cheap is not None
    assert strong is not None
    assert alone is not None
    return cheap, strong, alone


def covers(interval: Interval | None, planted: float) -> bool:
    return interval is not None and interval.low <= planted <= interval.high


async def coverage(seeds: range, items: int = 60) -> dict[str, float]:
    """The share of the seeds whose intervals hold what was planted."""
    cheap, strong, alone = await price_list()
    accepted = CHEAP_RIGHT + (1 - CHEAP_RIGHT) * FALSE_ACCEPTS
    strong_solves = STRONG_RIGHT + (1 - STRONG_RIGHT) * FALSE_ACCEPTS
    # The check draws for the item, not for the answer: an item on which it errs, it errs on for both levels.
    solved = CHEAP_RIGHT + (1 - CHEAP_RIGHT) * (FALSE_ACCEPTS + (1 - FALSE_ACCEPTS) * STRONG_RIGHT)
    held = dict.fromkeys(("saving", "first", "solved", "strong", "difference", "false accepts", "right"), 0)
    for seed in seeds:
        measured = await measure(seed, items)
        first = measured.results.by_level[HAIKU]
        assert first.cost.usd == pytest.approx(cheap * len(measured.results))
        held["saving"] += covers(measured.saving, 1 - (cheap + (1 - accepted) * strong) / alone)
        held["first"] += covers(first.share, accepted)
        held["solved"] += covers(measured.solved, solved)
        held["strong"] += covers(measured.strong_solved, strong_solves)
        held["difference"] += covers(measured.solved_difference, solved - strong_solves)
        held["false accepts"] += covers(measured.false_accepts[HAIKU], FALSE_ACCEPTS)
        held["right"] += covers(measured.right, CHEAP_RIGHT + (1 - CHEAP_RIGHT) * (1 - FALSE_ACCEPTS) * STRONG_RIGHT)
    return {name: count / len(seeds) for name, count in held.items()}


async def test_the_report_finds_what_was_planted() -> None:
    assert min((await coverage(range(2), 30)).values()) > 0


@pytest.mark.soak
async def test_intervals_hold_what_was_planted_over_200_seeds() -> None:
    held = await coverage(range(200))
    assert min(held.values()) >= 0.92, held


async def test_it_says_when_it_does_not_pay() -> None:
    never = await measure(7, 20, cheap_right=0.0)
    assert never.saving.value < 0
    assert not never.pays
    assert "It does not pay" in str(never)
    pays = await measure(8, 30)
    assert pays.pays
    assert pays.verdict.startswith("It pays: it saves ")
    table = str(pays)
    for text in (f"always {OPUS}: measured on 20 of 30 items", "saving in time", "right", HAIKU, "let pass"):
        assert text in table
    assert max(map(len, table.splitlines())) <= 100


async def test_a_grader_is_paid_by_the_cascade_and_not_by_the_strong_model_alone() -> None:
    def answer(request: JSONObject) -> Reply:
        return Reply.output(Grade(reason="", correct=True)) if request["model"] == SONNET else Reply.text("Tea.")

    async def items() -> AsyncIterator[str]:
        for number in range(4):
            yield f"item {number}"

    with script(answer):
        measured = await measure_cascade(items(), levels=LEVELS, check=grading_agent("Good.", model=SONNET), sample=3)
    assert (len(measured.pairs), len(measured.results)) == (3, 4)
    for pair in measured.pairs:
        assert pair.strong.attempts[0].check_cost.usd
        assert pair.cascade.attempts[0].check_cost.usd
    assert measured.strong_cost_each.value == pytest.approx(measured.pairs[0].strong.attempts[0].cost.usd)
    assert measured.cost_each.value == pytest.approx(measured.pairs[0].cascade.attempts[0].total_cost.usd)
    assert measured.right is None
    assert measured.false_accepts == {}


async def test_what_a_budget_leaves_out_counts_nowhere_and_a_journal_pays_once(tmp_path: Path) -> None:
    planted = Planted(1)
    items = [f"item {number:04}" for number in range(6)]
    with script(planted.play) as api:
        cut = await measure_cascade(
            items, levels=LEVELS, check=planted.check, sample=3, budget=Budget(max_requests=2), concurrency=1,
            journal=tmp_path / "c.db",
        )  # fmt: skip
        assert (len(api.requests), cut.pairs, cut.pays) == (2, (), False)
        assert "no item was finished by both" in str(cut)
        whole = await measure_cascade(
            items, levels=LEVELS, check=planted.check, sample=3, budget=Budget(max_requests=99),
            journal=tmp_path / "c.db",
        )  # fmt: skip
        count = len(api.requests)
        again = await measure_cascade(items, levels=LEVELS, check=planted.check, sample=3, journal=tmp_path / "c.db")
    assert len(whole.pairs) == 3
    assert len(api.requests) == count
    assert (again.saving, again.solved) == (whole.saving, whole.solved)


async def test_a_request_that_a_killed_process_left_open_is_in_no_saving(tmp_path: Path) -> None:
    stopped = anyio.CancelScope()

    async def stop(request: JSONObject) -> Reply:
        if "item 2" in str(request["messages"]):
            stopped.cancel()
            await anyio.sleep_forever()
        return Reply.text("right")

    items = [f"item {number}" for number in range(4)]
    found: list[CascadeMeasurement] = []
    with stopped, script(stop):
        await measure_cascade(items, levels=LEVELS, check=is_right, journal=tmp_path / "c.db")
    for journal in (tmp_path / "c.db", tmp_path / "other.db"):
        with script(lambda _: Reply.text("right")):
            measured = await measure_cascade(items, levels=LEVELS, check=is_right, journal=journal)
        assert (len(measured.pairs), measured.solved.value) == (4, 1.0)
        found.append(measured)
    killed, whole = found
    assert [one.estimated > 0 for one in found] == ["leave out" in one.verdict for one in found] == [True, False]
    assert killed.saving.value == pytest.approx(whole.saving.value) or math.isnan(killed.saving.value)


async def test_items_that_a_budget_ends_on_the_way_make_no_verdict() -> None:
    def play(request: JSONObject) -> Reply:
        is_hard = "hard" in str(request["messages"]) and request["model"] == HAIKU
        return Reply.text("wrong" if is_hard else "right")

    items = ["an easy item"] * 8 + ["a hard item"] * 4
    with script(play):
        whole = await measure_cascade(items, levels=LEVELS, check=is_right, is_right=is_right)
        cut = await measure_cascade(
            items, levels=LEVELS, check=is_right, is_right=is_right, budget=Budget(max_requests=25), concurrency=1
        )
    assert (whole.solved.value, whole.partial, whole.results.cost.usd is not None) == (1.0, 0, True)
    assert (len(cut.pairs), cut.partial, cut.pays) == (10, 1, False)
    assert "It is not known whether it pays: a budget or an error ended 1 of the sample on the way" in cut.verdict
    for unknown in (
        cut.saving,
        cut.time_saving,
        cut.cost_each,
        cut.strong_cost_each,
        cut.strong_solved,
        cut.strong_right,
    ):
        assert unknown is not None
        assert math.isnan(unknown.value)
    assert cut.right == cut.solved
    assert cut.solved.value == pytest.approx(10 / 11)
    assert cut.results.by_level[HAIKU].share.value == pytest.approx(8 / 11)
    table = str(cut)
    assert "10 of 12 items solved: 0.91 (0.62-1.00) of the 11 that were tried" in table
    assert "1 item is counted as not solved" in table
    assert "1 item is not counted" in table


async def test_an_is_right_that_fails_is_a_gap_and_costs_no_measurement() -> None:
    async def odd(answer: str, item: str) -> object:
        number = int(item.split()[1])
        if number == 0:
            raise KeyError(item)
        return "It is wrong." if number == 1 else None if number == 2 else number < 5

    with script(lambda _: Reply.text("right")) as api:
        measured = await measure_cascade(
            [f"item {number}" for number in range(6)], levels=LEVELS, check=is_right, is_right=odd, sample=2
        )
        sent = len(api.requests)
        for wrong, said in ((lambda: True, "the output, or the output and the input"), (3, "int is no function")):
            with pytest.raises(UsageError, match=said):
                await measure_cascade(["item"], levels=LEVELS, check=is_right, is_right=wrong)  # type: ignore[arg-type]
        assert len(api.requests) == sent
    assert measured.right is not None
    assert measured.right.value == pytest.approx(2 / 3)
    assert measured.false_accepts[HAIKU].value == 1.0
    raised, text, none = measured.gaps[:3]
    assert raised == f"item 0, {HAIKU}: is_right(answer, item) raised KeyError: 'item 0'"
    assert "returned a text, as a check does" in text
    assert "returned None, as a check does" in none
    assert f"gap: {raised}" in str(measured)


async def test_right_answers_that_the_check_refuses_are_counted() -> None:
    with script(lambda _: Reply.text("right")):
        measured = await measure_cascade(
            ["tea", "milk"], levels=LEVELS, check=lambda _: False, is_right=lambda answer: answer == "right"
        )
    assert [measured.false_rejects[level].value for level in measured.results.by_level] == [1.0, 1.0]


async def test_arguments_that_cannot_work_are_refused() -> None:
    for given, said in (({"sample": 0}, "sample=0"), ({"levels": LEVELS[:1]}, "one level is no cascade")):
        with pytest.raises(UsageError, match=said):
            await measure_cascade(["item"], **{"levels": LEVELS, "check": is_right, **given})  # type: ignore[arg-type]
    for items in ("item", 3, None, b"item", {"item": 1}):
        with script() as api, pytest.raises(UsageError, match="it into a list"):
            await measure_cascade(items, levels=LEVELS, check=is_right)  # type: ignore[arg-type]
        assert not api.requests
