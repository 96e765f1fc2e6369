"""The suite as a whole: the oracle passes all, and `read_many` does where its readers and its writer do their part."""

from __future__ import annotations

import pytest

from agentkit.errors import DefinitionError
from agentkit.evals import Evaluation, evaluate
from agentkit.evals.synthesis import Library, suite
from agentkit.evals.synthesis.questions import questions_of
from agentkit.testing import script
from tests.evals.synthesis.simulated_readers import SimulatedReaders

pytestmark = pytest.mark.anyio


async def read(readers: SimulatedReaders, tokens: int) -> Evaluation:
    given = suite(tokens=tokens)
    with script(readers):
        return await evaluate({"read_many": given.agents["read_many"]}, given, concurrency=2)


@pytest.mark.parametrize(("tokens", "seed"), [(12_000, 3), (10_000, 0), (30_000, 1)])
async def test_the_oracle_passes_all(tokens: int, seed: int) -> None:
    given = suite(tokens=tokens, seed=seed)
    evaluation = await evaluate({"oracle": given.agents["oracle"]}, given)
    assert [one.task for one in evaluation.trials if not one.passed] == []
    assert len(evaluation.trials) == 12
    assert {one.category for one in given.tasks} == {"count", "compare", "order", "contradict", "absent"}


async def test_read_many_reads_everything_and_answers_from_verified_quotes() -> None:
    readers = SimulatedReaders(questions_of(10_000, 0))
    evaluation = await read(readers, 10_000)
    assert [(one.task, one.grades) for one in evaluation.trials if not one.passed] == []
    chars = sum(len(one.text) for one in Library(10_000, 0).documents)
    assert readers.prompt_chars == pytest.approx(12 * chars, rel=0.02)
    assert all(one.cost_usd for one in evaluation.trials)


async def test_what_a_reader_overlooks_and_what_a_writer_invents_is_caught() -> None:
    questions = questions_of(10_000, 0)
    overlooked = {each.passages[0][1] for one in questions for each in one.evidence[0][:1]}
    overlooked |= {sentence for one in questions for each in one.evidence[0][:1] for _, sentence in each.passages}
    blind = await read(SimulatedReaders(questions, overlooked=frozenset(overlooked)), 10_000)
    assert [one.task for one in blind.trials if one.passed] == []
    inventive = await read(SimulatedReaders(questions, invented="Flying Dutchman"), 10_000)
    assert [one.task for one in inventive.trials if one.passed] == []
    assert all("Flying Dutchman does not belong there" in one.grades[1].reason for one in inventive.trials)


@pytest.mark.soak
async def test_read_many_at_200_thousand_tokens() -> None:
    readers = SimulatedReaders(questions_of(200_000, 0))
    evaluation = await read(readers, 200_000)
    assert [(one.task, one.grades) for one in evaluation.trials if not one.passed] == []
    assert readers.prompt_chars > 12 * 0.85 * 200_000 * 4


def test_a_size_out_of_range_is_refused() -> None:
    for tokens in (100, 10_000_000):
        with pytest.raises(DefinitionError, match=rf"tokens={tokens}\): give 10,000 to 2,000,000"):
            suite(tokens=tokens)
