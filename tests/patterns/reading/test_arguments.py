"""What cannot work is refused at once, with the name of the argument."""

from __future__ import annotations

from typing import Any

import pytest

from agentkit import Agent, ConfigurationError, Document, UsageError
from agentkit.patterns import ReadProgress, plan_reading, read_many

pytestmark = pytest.mark.anyio

TEXT = Document("a", "Some text.")


async def async_progress(progress: ReadProgress) -> None:
    """Nobody would wait for it."""


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"question": " "}, "needs a question, not ' '"),
        ({"question": None}, "needs a question, not None"),
        ({"question": "What\ud800?"}, "half of a surrogate pair"),
        ({"reader": "claude-haiku-5-5"}, "reader='claude-haiku-5-5'.: it takes an Agent"),
        ({"writer": None}, "writer=None.: it takes an Agent"),
        ({"reader": Agent("counter", model="claude-haiku-5-5", output=int)}, "'counter'. holds no quotes"),
        ({"concurrency": 0}, "concurrency=0"),
        ({"evidence_tokens": "many"}, "evidence_tokens='many'"),
        ({"pack_tokens": None}, "pack_tokens=None"),
        ({"budget": 5}, "budget=5.: it takes a Budget"),
        ({"kept": ""}, "kept=''"),
        ({"run_id": ""}, "run_id=''"),
        ({"progress": async_progress}, "a function that is not async"),
        ({"no_such": 1}, "no_such"),
        ({"documents": [5]}, "not int"),
        ({"documents": None}, "not NoneType"),
        ({"documents": {"a": "Some text."}}, "not dict: give a text as Document"),
    ],
)
async def test_what_cannot_work_is_named(given: dict[str, Any], problem: str) -> None:
    for function in (read_many, plan_reading):
        with pytest.raises(UsageError, match=problem):
            await function(**{"documents": [TEXT], "question": "What?", **given})


async def test_kept_evidence_needs_a_database(tmp_path: Any) -> None:
    (tmp_path / "notes.txt").write_text("These are notes. " * 50)
    for place in (tmp_path / "notes.txt", tmp_path / "none" / "kept.db"):
        with pytest.raises(ConfigurationError, match="cannot be opened"):
            await read_many([TEXT], "What?", kept=place)


async def test_a_single_document_is_a_source() -> None:
    assert (await plan_reading(TEXT, "What?")).documents == 1
