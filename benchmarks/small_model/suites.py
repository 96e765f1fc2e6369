"""What the small model is tried at: questions, the lowest level of the office, and messages sorted by one letter."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agentkit import Settings
from agentkit.evals import Case, Suite, domain, office
from agentkit.patterns import Classifier, ExampleStore

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

FOLDER = Path(__file__).parent
MODEL = "smollm2-135m-instruct"
CATEGORIES = {
    "order": "The writer wants to buy something.",
    "complaint": "The writer is not content.",
    "praise": "The writer is pleased.",
}
WEAK = "Tried by SmolLM2 with 135 million parameters: a weak model, whose scores say nothing about Claude."
"""The description of the suites."""
TRIED_MESSAGES = 12
"""The messages that are sorted; the others are the hand-scored examples."""


def questions() -> Suite:
    """Return multiple-choice questions that a child can answer, answered in text: the model knows no output types."""
    suite = domain.suite(FOLDER / "questions.jsonl")
    assert suite.agent is not None
    return replaced(replace(suite, agent=replace(suite.agent, output=str)), "questions")


def office_tasks() -> Suite:
    """Return the tasks of the office that need one call."""
    suite = office.suite()
    easiest = [task for task in suite.tasks if task.category == suite.tasks[0].category]
    return replaced(Suite("office, lowest level", easiest, agent=suite.agent), "office, lowest level")


def replaced(suite: Suite, name: str) -> Suite:
    """Return the suite with its agent on the small model, whose replies are kept short."""
    assert suite.agent is not None
    settings = Settings(max_tokens=60)
    agent = replace(suite.agent, model=MODEL, settings=settings, max_turns=4)
    return Suite(name, suite.tasks, description=WEAK, agents={MODEL: agent})


def sorted_messages(client: AsyncAnthropic) -> Suite:
    """Return messages to sort by one letter, without examples and with hand-scored ones looked up for each."""
    lines = (FOLDER / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [(str(row["text"]), str(row["label"])) for row in map(json.loads, lines)]
    tried = rows[::2][:TRIED_MESSAGES]
    examples = ExampleStore([row for row in rows if row not in tried])
    bare = Classifier(categories=CATEGORIES, model=MODEL, client=client, instructions="The texts are mails to a shop.")
    taught = replace(bare, examples=examples)

    async def without_examples(text: str) -> str | None:
        return (await bare(text)).label

    async def with_examples(text: str) -> str | None:
        return (await taught(text)).label

    return Suite(
        "one-letter classifier",
        [Case(text, output=label, category=label) for text, label in tried],
        description=WEAK,
        agents={"without examples": without_examples, "with examples": with_examples},
    )
