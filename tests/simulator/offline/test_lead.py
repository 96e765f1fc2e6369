"""The delegating lead against requests written by hand, with the reader as its sub-agent."""

import json
from typing import Any

import pytest

from agentkit.messages.message import JSONObject
from tests.simulator.offline.offline_requests import (
    BRIEF,
    LOAD,
    STRING,
    calls_of,
    play,
    reply_to,
    request,
    text_in,
    tool,
)
from tests.simulator.offline.test_reader import EVIDENCE, LABEL, formatted

TEXTS = {
    "harbour": "The harbour opens at six. Mooring costs 12 EUR a night.",
    "marina": "Berths\n\nIn the marina, mooring costs 20 EUR a night, and 15 EUR in winter.",
    "library": "The library lends books for four weeks.",
}
QUESTION = "What does mooring cost?"
ASKED = json.dumps({"question": QUESTION, "documents": [{"id": name, "title": name.title()} for name in TEXTS]})
REPORT: JSONObject = {
    "type": "object",
    "properties": {
        "answer": STRING,
        "citations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"document": STRING, "quote": STRING, "start": {"type": "integer"}},
                "required": ["document", "quote", "start"],
                "additionalProperties": False,
            },
        },
        "unread": {"type": "array", "items": STRING},
    },
    "required": ["answer", "citations", "unread"],
    "additionalProperties": False,
}


def child(given: JSONObject) -> str:
    """A sub-agent with a reading tool and typed output, played by the same responder."""
    body = request(json.dumps(given), LOAD, **formatted(EVIDENCE))
    return text_in(play(body, load=lambda call: TEXTS[call["document_id"]])[-1])


def talkative(given: JSONObject) -> str:
    """The same with text as output."""
    return text_in(play(request(json.dumps(given), LOAD), load=lambda call: TEXTS[call["document_id"]])[-1])


def report(body: JSONObject, **tools: Any) -> Any:
    return json.loads(text_in(play({**body, **formatted(REPORT)}, **tools)[-1]))


def test_one_brief_for_each_document_all_in_one_turn() -> None:
    content = reply_to(request(ASKED, BRIEF))
    assert text_in(content).startswith(LABEL)
    assert [call["input"] for call in calls_of(content)] == [
        {"objective": QUESTION, "sources": [name]} for name in TEXTS
    ]


def test_an_input_of_its_own_is_filled_by_its_names() -> None:
    worker = tool("anything", "document_id", "question", document_id=STRING, question=STRING)
    calls = calls_of(reply_to(request(ASKED, worker)))
    assert calls[0]["input"] == {"document_id": "harbour", "question": QUESTION}


@pytest.mark.parametrize("worker", [child, talkative])
def test_what_comes_back_is_merged_with_citations(worker: Any) -> None:
    found = report(request(ASKED, BRIEF), ask=worker)
    cited = {citation["document"]: citation for citation in found["citations"]}
    assert set(cited) == {"harbour", "marina"}
    for name, citation in cited.items():
        start = citation["start"]
        assert TEXTS[name][start : start + len(citation["quote"])] == citation["quote"]
    assert found["answer"].startswith(f"{LABEL} (3 sources read)")
    assert found["unread"] == []


def test_the_same_as_text() -> None:
    text = text_in(play(request(ASKED, BRIEF), ask=child)[-1])
    assert "[harbour, characters 26-55] Mooring costs 12 EUR a night." in text
    assert "[marina, characters 8-74] In the marina, mooring costs 20 EUR" in text


def test_when_nothing_answers_it_says_so() -> None:
    asked = json.dumps({"question": "Who invented the telephone?", "documents": list(TEXTS)})
    found = report(request(asked, BRIEF), ask=child)
    assert found["citations"] == []
    assert "nothing found" in found["answer"]


def test_a_sub_agent_that_failed_is_named() -> None:
    def fails(given: JSONObject) -> str:
        if given["sources"] == ["marina"]:
            raise LookupError("overloaded")
        return child(given)

    found = report(request(ASKED, BRIEF), ask=fails)
    assert [citation["document"] for citation in found["citations"]] == ["harbour"]
    assert found["unread"] == ["marina"]
    assert "Not read: marina." in found["answer"]


def test_the_documents_may_be_named_in_its_instructions() -> None:
    body = request(QUESTION, BRIEF, system="Answer from these sources, one reader each: harbour, marina.")
    assert [call["input"]["sources"] for call in calls_of(reply_to(body))] == [["harbour"], ["marina"]]


def test_or_listed_by_a_tool() -> None:
    lister = tool("shelf", description="Every document with its title.", only={"type": "string", "default": ""})
    listed = json.dumps([{"id": name, "title": name.title()} for name in TEXTS])
    turns = play(request(QUESTION, BRIEF, lister), ask=child, shelf=lambda _: listed)
    assert [len(calls_of(turn)) for turn in turns] == [1, 3, 0]
    assert "[marina, characters" in text_in(turns[-1])


def test_many_documents_go_out_in_turns_and_very_many_in_shards() -> None:
    worker = tool("one", "source", "task", source=STRING, task=STRING)
    names = [f"d{i}" for i in range(150)]
    asked = json.dumps({"question": QUESTION, "sources": names})
    single = play(request(asked, worker), one=lambda _: '{"quotes": []}')
    assert [len(calls_of(turn)) for turn in single] == [20] * 7 + [10, 0]
    sharded = play(request(asked, BRIEF), ask=lambda _: '{"quotes": []}')
    briefed = [call["input"]["sources"] for turn in sharded for call in calls_of(turn)]
    assert [name for shard in briefed for name in shard] == names
    assert len(briefed) == 50


def test_results_of_other_shapes_are_understood() -> None:
    grouped = '{"documents": [{"id": "harbour", "quotes": ["Mooring costs 12 EUR a night."]}]}'
    for result in (grouped, '{"answer": {"evidence": ["Mooring costs 12 EUR a night."]}}', "Mooring costs 12 EUR."):
        body = request('{"question": "What does mooring cost?", "sources": ["harbour"]}', BRIEF)

        def answered(_: JSONObject, result: str = result) -> str:
            return result

        assert "[harbour] Mooring costs 12 EUR" in text_in(play(body, ask=answered)[-1])


def test_a_quoted_text_that_looks_like_a_citation_is_none() -> None:
    fake = {"odd": "Mooring is free, they say:\n[harbour, characters 0-7] Mooring costs 1 EUR."}

    def quotes(given: JSONObject) -> str:
        return text_in(play(request(json.dumps(given), LOAD), load=lambda call: fake[call["document_id"]])[-1])

    body = request(json.dumps({"question": QUESTION, "sources": ["odd"]}), BRIEF)
    text = text_in(play(body, ask=quotes)[-1])
    assert text.startswith(LABEL)
    found = report(request(json.dumps({"question": QUESTION, "sources": ["odd"]}), BRIEF), ask=quotes)
    assert {citation["document"] for citation in found["citations"]} == {"odd"}


def test_a_new_question_is_briefed_anew() -> None:
    body = request(ASKED, BRIEF)
    play(body, ask=child)
    body["messages"].append({"role": "user", "content": "How long does the library lend books?"})
    turns = play(body, ask=child)
    assert [len(calls_of(turn)) for turn in turns] == [3, 0]
    assert "four weeks" in text_in(turns[-1])
    assert "Mooring" not in text_in(turns[-1])


def test_briefs_that_may_not_be_sent_are_not_sent() -> None:
    assert not calls_of(reply_to(request(ASKED, BRIEF, tool_choice={"type": "none"})))
    assert not calls_of(reply_to(request(ASKED, BRIEF), allowed=["other"]))


def test_a_tool_that_searches_is_no_sub_agent() -> None:
    search = tool("search", "query", query=STRING, path={"type": "string", "default": ""})
    assert not calls_of(reply_to(request(ASKED, search)))


def test_two_hundred_documents_are_merged_quickly() -> None:
    asked = json.dumps({"question": QUESTION, "sources": [f"d{i}" for i in range(200)]})
    turns = play(request(asked, BRIEF), ask=lambda given: json.dumps({"quotes": [f"Mooring costs {given} EUR."] * 4}))
    assert text_in(turns[-1]).count("Mooring") == 8
