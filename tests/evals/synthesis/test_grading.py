"""The graders catch what is left out and what is invented, wherever it is planted; the full answer passes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import asdict
from random import Random

import pytest

from agentkit.evals.grader import grade_of
from agentkit.evals.synthesis import Answer, Item, Quote, suite
from agentkit.evals.synthesis.corpus import corpus_of
from agentkit.evals.synthesis.questions import Expected, questions_of
from agentkit.evals.synthesis.tasks import known_answer
from tests.evals.trials import trial

pytestmark = pytest.mark.anyio

TOKENS = 10_000
Planted = Callable[[Answer, Expected, Random], bool]
"""Changes an answer; returns False where it has nothing to change."""


def drop_item(answer: Answer, _: Expected, draw: Random) -> bool:
    answer.items.pop(draw.randrange(len(answer.items)))
    return True


def drop_absent(answer: Answer, _: Expected, draw: Random) -> bool:
    return bool(answer.absent) and answer.absent.pop(draw.randrange(len(answer.absent))) != ""


def drop_quote(answer: Answer, _: Expected, draw: Random) -> bool:
    quotes = draw.choice(answer.items).quotes
    quotes.pop(draw.randrange(len(quotes)))
    return True


def add_ship(answer: Answer, expected: Expected, draw: Random) -> bool:
    answer.items.append(Item(stranger(expected, draw), [draw.choice(answer.items).quotes[0]]))
    return True


def swap_ship(answer: Answer, expected: Expected, draw: Random) -> bool:
    draw.choice(answer.items).name = stranger(expected, draw)
    return True


def repeat_ship(answer: Answer, _: Expected, draw: Random) -> bool:
    answer.items.append(deepcopy(draw.choice(answer.items)))
    return True


def claim_absent(answer: Answer, expected: Expected, draw: Random) -> bool:
    answer.absent.append(stranger(expected, draw))
    return True


def miscount(answer: Answer, _: Expected, draw: Random) -> bool:
    answer.number = None if answer.number is None else answer.number + draw.choice((-1, 1))
    return answer.number is not None


def reorder(answer: Answer, expected: Expected, draw: Random) -> bool:
    at = draw.randrange(len(answer.items) - 1)
    answer.items[at : at + 2] = reversed(answer.items[at : at + 2])
    return expected.is_ordered


def alter_quote(answer: Answer, _: Expected, draw: Random) -> bool:
    quote = draw.choice(draw.choice(answer.items).quotes)
    words = quote.quote.split()
    words[draw.randrange(len(words))] = "pineapples"
    quote.quote = " ".join(words)
    return True


def quote_elsewhere(answer: Answer, _: Expected, draw: Random) -> bool:
    quote = draw.choice(draw.choice(answer.items).quotes)
    quote.document = draw.choice(["almanac", "no such document"])
    return True


def quote_all(answer: Answer, _: Expected, draw: Random) -> bool:
    quote = draw.choice(draw.choice(answer.items).quotes)
    quote.quote = next(one.text for one in corpus_of(TOKENS, 0).documents if one.id == quote.document)
    return len(quote.quote) > 600


def quote_the_name(answer: Answer, _: Expected, draw: Random) -> bool:
    quote = draw.choice(draw.choice(answer.items).quotes)
    quote.quote = " ".join(quote.quote.split()[:2])
    return True


def stranger(expected: Expected, draw: Random) -> str:
    known = (*expected.names, *expected.absent)
    return draw.choice([ship.name for ship in corpus_of(TOKENS, 0).facts.ships if ship.name not in known])


OMISSIONS: tuple[Planted, ...] = (drop_item, drop_absent, drop_quote)
INVENTIONS: tuple[Planted, ...] = (
    add_ship, swap_ship, repeat_ship, claim_absent, miscount, reorder, alter_quote, quote_elsewhere, quote_all,
    quote_the_name,
)  # fmt: skip


async def passes(answer: object, number: int, seed: int = 0) -> list[bool]:
    task = suite(tokens=TOKENS, seed=seed).tasks[number]
    return [(await grade_of(grader, trial(answer))).passed for grader in task.graders]


@pytest.mark.parametrize("number", range(12))
async def test_what_is_planted_is_caught(number: int) -> None:
    expected = questions_of(TOKENS, 0)[number]
    for plant in (*OMISSIONS, *INVENTIONS):
        for seed in range(3):
            answer = deepcopy(known_answer(expected))
            if plant(answer, expected, Random(seed)):
                assert not all(await passes(answer, number)), (plant.__name__, seed)


def forms(answer: Answer) -> Iterator[object]:
    yield answer
    yield asdict(answer)
    yield json.dumps(asdict(answer))
    for item in answer.items:
        item.name = f"The {item.name.upper()}."
        for quote in item.quotes:
            quote.quote = quote.quote.replace(" ", "  ").rstrip(".")
    yield answer


async def test_the_full_answer_passes_in_any_form_and_any_of_two_reports_will_do() -> None:
    for number, expected in enumerate(questions_of(TOKENS, 0)):
        for form in forms(known_answer(expected)):
            assert await passes(form, number) == [True, True, True]
        answer = known_answer(expected)
        for item, needed in zip(answer.items, expected.evidence, strict=True):
            item.quotes = [Quote(one.passages[-1][0].document, one.passages[-1][1]) for one in needed]
        assert await passes(answer, number) == [True, True, True]


async def test_no_answer_and_a_mere_claim_pass_nothing() -> None:
    for nothing in (None, "", "I have found all of them.", Answer(), {"items": "all"}):
        for number in range(12):
            assert True not in (await passes(nothing, number))[:2]
            assert not all(await passes(nothing, number))


async def test_each_grader_names_what_it_finds() -> None:
    expected = questions_of(TOKENS, 0)[0]
    answer = known_answer(expected)
    gone = answer.items.pop()
    answer.items[0].quotes = [Quote("almanac", "The ship was lost.")]
    answer.items.append(Item("Flying Dutchman"))
    grades = [await grade_of(one, trial(answer)) for one in suite(tokens=TOKENS).tasks[0].graders]
    assert [one.grader for one in grades] == ["complete", "correct", "cited"]
    assert grades[0].reason == f"missing: {gone.name}"
    assert grades[1].reason == "Flying Dutchman does not belong there"
    assert grades[2].reason.startswith("almanac does not hold 'The ship was lost.'; not shown for ")
    assert all(0 < one.points < 1 for one in grades)
