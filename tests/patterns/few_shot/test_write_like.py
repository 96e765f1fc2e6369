"""The next text after others: all of them cached, or the nearest; checked, rewritten, within a budget, resumed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from agentkit import Agent, Budget, Document, Settings, tool
from agentkit.errors import ConfigurationError, UsageError
from agentkit.patterns import Demonstration, Examples, write_like
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio
ESSAY = "Doors are the politest of walls: they say no only as long as nobody asks, and then they turn."
NEW = "A window is a wall that cannot keep a secret, and so we hang cloth before it and call that a home."
ESSAYS = Examples([ESSAY, *(f"Essay {n} says that {'tea ' * 200}is warm." for n in range(8))])


async def test_all_examples_stand_in_the_cached_instructions() -> None:
    with script(Reply.text(NEW), Reply.text(NEW)) as api:
        first = await write_like(ESSAYS, "Write about windows.")
        second = await write_like(ESSAYS, "Write about roofs.")
    assert (first.ok, first.text, first.output, first.reason) == (True, NEW, NEW, "")
    assert first.examples is ESSAYS
    assert (first.is_selection, first.copied_share) == (False, 0.0)
    systems = [request["system"] for request in api.requests]
    assert systems[0] == systems[1]
    assert str(ESSAYS) in systems[0][0]["text"]
    assert systems[0][0]["cache_control"] == {"type": "ephemeral"}
    assert "cache_control" not in api.requests[0]  # nobody reads the task from the cache again
    assert second.usage.cache_read_tokens > 1000
    assert 0 < (second.cost.usd or 0) < (first.cost.usd or 0)
    assert api.requests[0]["messages"][0]["content"] == "Write about windows."


async def test_what_copies_is_named_and_rewritten_where_that_is_wanted() -> None:
    with script(Reply.text(ESSAY)):
        copied = await write_like(ESSAYS, "Write.")
    assert (copied.ok, copied.text, copied.copied_share) == (False, ESSAY, 1.0)
    assert "Doors are the politest" in copied.reason
    assert copied.reason in str(copied)
    with script(Reply.text(ESSAY), Reply.text(NEW)) as api:
        mended = await write_like(ESSAYS, "Write.", rewrite=True)
    assert (mended.ok, mended.text) == (True, NEW)
    assert "politest of walls" in str(api.requests[1]["messages"][-1])
    drafts = [ESSAY, f"{ESSAY} {NEW}", ESSAY]
    with script(*map(Reply.text, drafts)):
        kept = await write_like(ESSAYS, "Write.", rewrite=True)
    assert (kept.ok, kept.text, kept.output) == (False, drafts[1], None)
    with script(Reply.text(ESSAY)):
        assert (await write_like(ESSAYS, "Write.", most_copied=1.0)).ok


async def test_the_writers_own_check_comes_first() -> None:
    async def no_doors(text: str) -> str | None:
        return "No doors, please." if "Doors" in text else None

    writer = Agent("essayist", model="claude-haiku-5-5", instructions="Be short.", verify=no_doors)
    with script(Reply.text(ESSAY), Reply.text(NEW)) as api:
        result = await write_like(ESSAYS, "Write.", writer=writer, rewrite=True)
    assert (result.ok, result.run.agent) == (True, "essayist")
    assert "No doors" in str(api.requests[1]["messages"][-1])
    assert api.requests[0]["system"][0]["text"].startswith("Be short.\n\nThe examples show")


async def test_books_beyond_the_limit_are_selected_by_sections_in_the_prompt() -> None:
    book = "\n".join(f"# Dish {n}: word{n}\n\n{'Stir well and taste. ' * 40}\n" for n in range(60))
    books = Examples([Demonstration(book, name="book.md"), ("Talk", "Essay")])
    with script(Reply.text(NEW), Reply.text(NEW)) as api:
        result = await write_like(books, "Write a dish like word41.", tokens=2_000)
        typed = await write_like(books, "Write of word7.", tokens=2_000, rewrite=True)
    assert (result.ok, result.is_selection) == (True, True)
    assert 0 < result.examples.tokens <= 2_000
    (shown, task) = (block["text"] for block in api.requests[0]["messages"][0]["content"])
    assert "word41" in shown
    assert task == "Write a dish like word41."
    assert "<example>" not in str(api.requests[0]["system"])
    assert str(api.requests[1]).count("cache_control") == 1  # a rewrite would read it
    assert typed.examples != result.examples


async def test_what_outgrows_the_window_is_selected_by_itself() -> None:
    big = Examples(f"Essay {n} on topic{n}. {'Tea is warm. ' * 4000}" for n in range(18))
    assert big.tokens > 200_000
    writer = Agent("writer", model="claude-haiku-4-5")
    with script(Reply.text(NEW)) as api:
        result = await write_like(big, "Write on topic5.", writer=writer)
    assert result.ok
    assert result.examples.tokens <= 60_000
    assert "topic5" in str(api.requests[0]["messages"])


class Recipe(BaseModel):
    title: str
    steps: list[str]


@tool(effect="read")
def look() -> str:
    """Look."""
    return "Eggs"


async def test_pairs_typed_outputs_documents_and_tools_go_together() -> None:
    pairs = Examples(
        [(Document("talk", "We cooked."), Recipe(title="Eggs", steps=["Boil the eggs in water for a while."]))]
    )
    writer = Agent(
        "cook", model="claude-opus-5-5", input=Document, output=Recipe, tools=[look], settings=Settings(max_tokens=900)
    )
    answer = Recipe(title="Rice", steps=["Boil the eggs in water for a while.", "Then serve."])
    with script(Reply.tool("look"), Reply.output(answer)) as api:
        result = await write_like(pairs, Document("next", "We cooked rice."), writer=writer, rewrite=False)
    assert result.output == answer
    assert "Then serve." in result.text
    assert result.copied_share > 0
    assert api.requests[0]["messages"][0]["content"][0]["type"] == "document"
    assert "cache_control" in api.requests[0]  # its tools make further turns


async def test_paths_texts_budgets_and_journals_are_taken(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(ESSAY)
    options: dict[str, Any] = {"journal": tmp_path / "runs.db", "run_id": "next", "model": "claude-sonnet-5-5"}
    with script(Reply.text(NEW)) as api:
        once = await write_like(tmp_path / "a.md", "Write.", **options)
    assert api.requests[0]["model"] == "claude-sonnet-5-5"
    with script():
        again = await write_like(tmp_path / "a.md", "Write.", **options)  # nothing is sent, nothing is paid twice
    assert (again.text, again.cost, again.ok) == (once.text, once.cost, True)
    with script():
        poor = await write_like([ESSAY], "Write.", budget=Budget(max_cost_usd=0.000001))
    assert (poor.ok, poor.text, poor.output) == (False, "", None)
    assert "budget" in poor.reason.lower()
    with script(Reply.refusal("No.", "")):
        refused = await write_like([ESSAY], "Write.")
    assert (refused.ok, refused.text) == (False, "")


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [([], {}, "one at least"), ([ESSAY], {"most_copied": 2}, "a share"), ("/nowhere/at/all", {}, "no such file"),
     (["x" * 9_000], {"tokens": 3}, "no example fits"), ([ESSAY], {"writer": "opus"}, "takes an Agent"),
     ([ESSAY], {"tokens": "many"}, "a whole number"), ([ESSAY], {"most_copied": "5%"}, "a share"),
     ([ESSAY], {"token": 3}, "token")],
)  # fmt: skip
async def test_what_cannot_work_is_refused_before_anything_is_sent(given: Any, options: Any, said: str) -> None:
    with script(), pytest.raises(UsageError, match=said):
        await write_like(given, "Write.", **options)


async def test_an_embedder_that_cannot_work_is_named_rather_than_the_tokens() -> None:
    class Missing:
        def embed(self, texts: Sequence[str]) -> list[list[float]]:
            raise ConfigurationError("The embedding model is not installed.")

    with script(), pytest.raises(ConfigurationError, match="not installed"):
        await write_like(Examples(["tea " * 900] * 3, embedder=Missing()), "Write.", tokens=300)
