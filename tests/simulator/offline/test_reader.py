"""The offline reader against requests written by hand."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.messages.message import JSONObject, text_block
from agentkit.tools.artifact_tools import peek_artifact, read_artifact, search_artifact
from tests.simulator.offline.offline_requests import (
    LOAD,
    STRING,
    calls_of,
    document,
    play,
    reply_to,
    request,
    text_in,
    tool,
)

HARBOUR = "# Harbour\n\nThe harbour opens at six. Mooring costs 12 EUR a night.\n"
LIBRARY = "The library lends books for four weeks. Öffnungszeiten: 9 bis 17 Uhr. 📚 Fines are 20 cents.\n"
TEXTS = {"harbour": HARBOUR, "library": LIBRARY}
EVIDENCE: JSONObject = {
    "type": "object",
    "properties": {
        "found": {"type": "boolean"},
        "quotes": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": STRING,
                    "start": {"type": "integer"},
                    "end": {"type": "integer"},
                    "source": STRING,
                },
                "required": ["text", "start", "end", "source"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["found", "quotes"],
    "additionalProperties": False,
}
LABEL = "Offline reader, not a language model"


def load(given: JSONObject) -> str:
    return TEXTS[given["document_id"]]


def formatted(schema: JSONObject = EVIDENCE) -> JSONObject:
    return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}


def evidence(body: JSONObject, **tools: Any) -> Any:
    return json.loads(text_in(play(body, **tools)[-1]))


def test_a_document_in_the_conversation_is_quoted_with_its_place() -> None:
    text = text_in(reply_to(request([document("harbour", HARBOUR), text_block("What does mooring cost?")])))
    assert text.startswith(LABEL)
    assert text.endswith("[harbour, characters 37-66] Mooring costs 12 EUR a night.")


def test_a_question_that_the_document_does_not_answer_is_said_to_be_unanswered() -> None:
    text = text_in(reply_to(request([document("harbour", HARBOUR), text_block("Who invented the telephone?")])))
    assert text == f"{LABEL} (1 source read): nothing found that answers the question."


def test_offsets_count_code_points() -> None:
    content = [document("library", LIBRARY, "Rules: all"), text_block("How much are fines?")]
    [quote] = evidence(request(content, **formatted()))["quotes"]
    assert quote["source"] == "library"
    assert LIBRARY[quote["start"] : quote["end"]] == quote["text"] == "📚 Fines are 20 cents."


def test_a_source_that_its_brief_names_is_read_with_the_tool_that_takes_one() -> None:
    brief = json.dumps({"objective": "What does mooring cost?", "output_format": "", "sources": ["harbour"]})
    body = request(brief, LOAD, **formatted())
    first, last = play(body, load=load)
    assert text_in(first).startswith(LABEL)
    assert calls_of(first)[0]["input"] == {"document_id": "harbour"}
    assert json.loads(text_in(last)) == {
        "found": True,
        "quotes": [{"text": "Mooring costs 12 EUR a night.", "start": 37, "end": 66, "source": "harbour"}],
    }


@pytest.mark.parametrize(
    "content",
    [
        '{"document_id": "harbour", "question": "What does mooring cost?"}',
        '{"query": "mooring cost", "docs": [{"id": "harbour", "title": "Harbour"}]}',
        "What does mooring cost?\n\nSources: harbour, library",
        "What does mooring cost?\n\nThese documents:\n- harbour: The harbour\n- library",
    ],
)
def test_sources_are_named_in_json_or_in_text(content: str) -> None:
    found = evidence(request(content, LOAD, **formatted()), load=load)
    assert [quote["text"] for quote in found["quotes"]] == ["Mooring costs 12 EUR a night."]


def test_the_tool_is_known_by_its_parameters_not_by_its_name() -> None:
    odd = tool("x17", "file_path", file_path=STRING, encoding={"type": "string", "default": "utf-8"})
    body = request('{"path": "harbour", "question": "What does mooring cost?"}', odd, **formatted())
    found = evidence(body, x17=lambda given: TEXTS[given["file_path"]])
    assert found["found"]


def test_without_named_sources_it_asks_the_tool_that_lists_them() -> None:
    lister = tool("all_of_it", description="The documents there are.")
    body = request("How much are fines?", lister, LOAD, **formatted())
    turns = play(body, all_of_it=lambda _: "harbour\nlibrary\n", load=load)
    assert [len(calls_of(turn)) for turn in turns] == [1, 2, 0]
    assert json.loads(text_in(turns[-1]))["quotes"][0]["source"] == "library"


def test_a_source_may_be_one_of_the_tools_own_choices() -> None:
    choice = tool("load", "document_id", document_id={"type": "string", "enum": ["harbour", "library"]})
    found = evidence(
        request('{"question": "Mooring?", "sources": ["library", "harbour"]}', choice, **formatted()), load=load
    )
    assert found["quotes"][0]["source"] == "harbour"
    assert not calls_of(reply_to(request('{"question": "Mooring?", "sources": ["lighthouse"]}', choice)))


def test_a_result_may_be_a_document_a_json_text_or_numbered_lines() -> None:
    numbered = "\n".join(f"{number:6}\t{line}" for number, line in enumerate(HARBOUR.splitlines(), 1))
    as_json = json.dumps({"id": "harbour", "text": HARBOUR})
    brief = '{"question": "What does mooring cost?", "document_id": "harbour"}'
    for result in (HARBOUR, [document("harbour", HARBOUR)], as_json, numbered):
        [quote] = evidence(request(brief, LOAD, **formatted()), load=lambda _, r=result: r)["quotes"]
        assert quote == {"text": "Mooring costs 12 EUR a night.", "start": 37, "end": 66, "source": "harbour"}


def test_a_source_that_cannot_be_read_is_named() -> None:
    body = request('{"question": "What does mooring cost?", "sources": ["harbour", "lighthouse"]}', LOAD)
    text = text_in(play(body, load=load)[-1])
    assert "(1 source read)" in text
    assert text.endswith("Not read: lighthouse.")


def test_many_sources_are_read_some_at_a_time() -> None:
    names = [f"d{i}" for i in range(45)]
    body = request(json.dumps({"question": "What does mooring cost?", "sources": names}), LOAD)
    turns = play(body, load=lambda _: HARBOUR)
    assert [len(calls_of(turn)) for turn in turns] == [20, 20, 5, 0]


def test_the_answer_comes_as_a_call_where_it_is_asked_for_so() -> None:
    give_answer = {"name": "give_answer", "input_schema": EVIDENCE}
    content = reply_to(request([document("harbour", HARBOUR), text_block("When does the harbour open?")], give_answer))
    assert text_in(content).startswith(LABEL)
    assert calls_of(content)[0]["input"]["quotes"][0]["text"] == "The harbour opens at six."


def test_every_answer_says_that_no_model_wrote_it() -> None:
    question = [document("harbour", HARBOUR), text_block("When does the harbour open?")]
    free_text: JSONObject = {"type": "object", "properties": {"summary": STRING}, "required": ["summary"]}
    for options in ({}, formatted(), formatted(free_text), formatted({"type": "object", "required": ["colour"]})):
        content = reply_to(request(question, **options))
        assert LABEL in json.dumps(content)


def test_a_form_that_it_cannot_fill_is_named_and_the_passages_are_given_as_text() -> None:
    schema: JSONObject = {"type": "object", "properties": {"price": {"type": "number"}}, "required": ["price"]}
    text = text_in(reply_to(request([document("harbour", HARBOUR), text_block("Mooring?")], **formatted(schema))))
    assert "Mooring costs 12 EUR" in text
    assert "cannot be filled: the value.price" in text


def test_the_question_may_stand_in_the_instructions() -> None:
    body = request([document("harbour", HARBOUR)], system="Quote what answers: what does mooring cost?")
    assert "Mooring costs 12 EUR" in text_in(reply_to(body))


def test_the_last_question_counts_and_what_was_read_is_kept() -> None:
    body = request('{"question": "What does mooring cost?", "sources": ["harbour"]}', LOAD)
    play(body, load=load)
    body["messages"].append({"role": "user", "content": "When does the harbour open?"})
    [turn] = play(body)
    assert "The harbour opens at six." in text_in(turn)
    assert "Mooring" not in text_in(turn)


def test_it_calls_only_what_it_may() -> None:
    brief = '{"question": "What does mooring cost?", "sources": ["harbour"]}'
    assert calls_of(reply_to(request(brief, LOAD), allowed=["load"]))
    assert not calls_of(reply_to(request(brief, LOAD), allowed=[]))
    assert not calls_of(reply_to(request(brief, LOAD, tool_choice={"type": "none"})))


@pytest.mark.parametrize(
    "body",
    [
        request("Write a poem."),
        request("Place an order.", tool("order", "item", "count", item=STRING, count={"type": "integer"})),
        request([document("harbour", HARBOUR)]),
        request("Hi", {"type": "web_search_20250305", "name": "web_search"}),
    ],
)
def test_a_request_that_fits_nothing_gets_to_know_what_can_be_done(body: JSONObject) -> None:
    content = reply_to(body)
    assert not calls_of(content)
    assert text_in(content).startswith(f"{LABEL}. It can quote documents")


WORDS = st.sampled_from(
    ["mooring costs", "Mooring.", "é🍵", "\n", "\n\n", "# H\n", "- ", "[a, characters 1-2] ", '"', "ß"]
)


@given(st.lists(WORDS | st.text(max_size=10), max_size=40).map(" ".join))
def test_whatever_the_document_quotes_are_exact_and_the_same_request_gets_the_same_reply(text: str) -> None:
    body = request([document("doc", text), text_block("What does mooring cost?")], **formatted())
    content = reply_to(body)
    assert json.dumps(content) == json.dumps(reply_to(body))
    for quote in json.loads(text_in(content))["quotes"]:
        assert text[quote["start"] : quote["end"]] == quote["text"]


def test_the_tools_for_kept_results_are_no_sources_and_are_left_alone() -> None:
    ours = [peek_artifact.to_param(), search_artifact.to_param(), read_artifact.to_param()]
    body = request("What does mooring cost? Sources: harbour", *ours, LOAD)
    assert [call["name"] for call in calls_of(play(body, load=load)[0])] == ["load"]
    assert calls_of(reply_to(request("What does mooring cost in the artifact?", *ours))) == []
