"""The suite of a file: the oracle knows all, a guesser is right by chance, and each question is a task."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest

from agentkit.errors import DefinitionError
from agentkit.evals import Suite
from agentkit.evals.domain import suite
from agentkit.evals.grader import grade_of
from agentkit.testing import Reply, script
from tests.evals.trials import trial

pytestmark = pytest.mark.anyio


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    lines: list[dict[str, object]] = [
        {"question": f"What is {one} + 1?", "choices": [one, one + 1, one + 2, one + 3], "answer": 1, "category": "sum"}
        for one in range(200)
    ]
    who: dict[str, object] = {"question": "Who wrote the first program?", "answer": "Ada"}
    lines += [who, who]
    path = tmp_path / "sums.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


async def passed(given: Suite, name: str) -> float:
    agent = cast("Callable[[object], Awaitable[str]]", given.agents[name])
    right = 0
    for task in given.tasks:
        output = await agent(task.input)
        right += (await grade_of(task.graders[0], trial(output))).passed
    return right / len(given.tasks)


async def test_the_oracle_passes_and_the_guesser_is_at_chance(questions: Path) -> None:
    given = suite(questions, seed=3)
    assert await passed(given, "oracle") == 1.0
    assert 0.15 < await passed(given, "guess") < 0.35
    assert (given.name, given.tasks[0].category, given.tasks[-1].name) == (
        "sums", "sum", "Who wrote the first program? (2)",
    )  # fmt: skip
    assert given.agent is not None
    assert "costs 1, and" in str(given.agent.instructions)


def test_the_seed_chooses_the_order_and_a_penalty_is_no_reward(questions: Path) -> None:
    orders = [[one.input for one in suite(questions, seed=seed).tasks] for seed in (1, 1, 0)]
    assert orders[0] == orders[1] != orders[2]
    with pytest.raises(DefinitionError, match=r"penalty=-1\): a penalty is a number from 0"):
        suite(questions, penalty=-1)


async def test_where_all_have_choices_the_letters_are_the_output_type(tmp_path: Path) -> None:
    path = tmp_path / "gases.jsonl"
    path.write_text('{"question": "Which gas?", "choices": ["oxygen", "carbon dioxide"], "answer": "oxygen"}')
    agent = suite(path).agent
    assert agent is not None
    with script(Reply.output("B"), Reply.output("I do not know")) as api:
        assert [(await agent.run("Which?")).output, (await agent.run("Which?")).output] == ["B", "I do not know"]
    assert '["A","B","I do not know"]' in json.dumps(api.requests[0], separators=(",", ":"))
