"""The tools of the suite's agent list, search and read the documents of its world."""

from __future__ import annotations

import json

import pytest
from pydantic import TypeAdapter

from agentkit.evals.synthesis import Answer, Library, suite
from agentkit.testing import Reply, called, expect, script
from agentkit.testing.expectations import tool_calls_of

pytestmark = pytest.mark.anyio


async def test_the_agent_lists_searches_and_reads() -> None:
    agent = suite().agent
    assert agent is not None
    calls = [
        Reply.tool("list_documents") + Reply.tool("search_passages", words="lost anchor cable", most=3),
        Reply.tool("read_documents", ids=["almanac"]) + Reply.tool("read_documents", ids=["nowhere"]),
    ]
    with script(*calls, Reply.output(Answer())) as api:
        result = await agent.run("Which?", deps=Library(10_000, 0))
    assert result.output == Answer()
    expect(result, called("read_documents", ids=["nowhere"]).failing(), called("read_documents").succeeding())
    assert [one.error for one in tool_calls_of(result) if one.error] == [
        "There is no document 'nowhere'; list_documents knows all."
    ]
    sent = json.dumps(api.requests[-1]["messages"])
    assert "The Rope Fair begins on 1 August." in sent
    assert "cable" in sent


def test_a_world_is_small_when_it_is_kept() -> None:
    library = Library(10_000, 3)
    kept = TypeAdapter(Library).dump_json(library)
    assert kept == b'{"tokens":10000,"seed":3}'
    assert TypeAdapter(Library).validate_json(kept).documents == library.documents
