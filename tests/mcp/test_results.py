"""What a server answers becomes content that the API takes; nothing that it sends fails a call that ran."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from agentkit.errors import ToolError
from agentkit.mcp.annotations import Annotations, ListedTool
from agentkit.mcp.results import readable_error_text, tool_result_content
from agentkit.messages.media_files import MAX_IMAGE_BYTES

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
TOTAL: dict[str, object] = {"type": "object", "properties": {"total": {"type": "integer"}}, "required": ["total"]}


def listed(output_schema: dict[str, object] | None = None) -> ListedTool:
    return ListedTool("count", "", {"type": "object"}, output_schema, Annotations())


def shown(*content: object, **result: object) -> list[dict[str, Any]]:
    return tool_result_content({"content": list(content), **result}, listed())


def text_of(*content: object) -> str:
    (block,) = shown(*content)
    assert block["type"] == "text"
    return str(block["text"])


def test_texts_stay_what_they_are() -> None:
    assert shown({"type": "text", "text": "a"}, {"type": "text", "text": "b", "annotations": {}}) == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
    ]


@pytest.mark.parametrize("named", ["image/png", "image/jpeg", "application/octet-stream"])
def test_an_image_is_shown_as_what_it_really_is(named: str) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    assert shown({"type": "image", "data": PNG, "mimeType": named}) == [{"type": "image", "source": source}]
    resource = {"uri": "file:///a.png", "mimeType": named, "blob": PNG}
    assert shown({"type": "resource", "resource": resource}) == [{"type": "image", "source": source}]


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ({"type": "image", "data": "PHN2Zz4=", "mimeType": "image/svg+xml"}, "[image/svg+xml, 6 bytes; it cannot be"),
        ({"type": "image", "data": "not base64!", "mimeType": "image/png"}, "[image/png, 8 bytes; it cannot be shown"),
        ({"type": "audio", "data": "AAAA", "mimeType": "audio/wav"}, "[audio, audio/wav, 3 bytes; it cannot be played"),
        ({"type": "resource_link", "uri": "file:///x.txt", "name": "x"}, "[resource link file:///x.txt: x]"),
        (
            {"type": "resource_link", "uri": "u", "name": "x", "title": "X", "mimeType": "a/b", "description": "All."},
            "[resource link u: X, a/b, All.]",
        ),
        ({"type": "resource", "resource": {"uri": "u:1", "text": "Hello"}}, "[resource u:1]\nHello"),
        (
            {"type": "resource", "resource": {"uri": "u:1", "mimeType": "application/pdf", "blob": "AAAA"}},
            "[resource u:1, application/pdf, 3 bytes; it cannot be shown here]",
        ),
        ({"type": "hologram"}, "[content of the unknown type 'hologram']"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_shown_is_described(part: dict[str, object], text: str) -> None:
    assert text_of(part).startswith(text)


def test_an_image_that_is_too_large_is_described() -> None:
    data = base64.b64encode(base64.b64decode(PNG) + bytes(MAX_IMAGE_BYTES)).decode()
    assert text_of({"type": "image", "data": data, "mimeType": "image/png"}).startswith("[image/png, 10,4")


def test_structured_content_is_used_when_there_is_nothing_else() -> None:
    assert text_of_result({"content": [], "structuredContent": {"total": 3}}) == '{"total":3}'
    assert text_of_result({"content": [{"type": "text", "text": "3"}], "structuredContent": {"total": 3}}) == "3"


def text_of_result(result: dict[str, object]) -> str:
    (block,) = tool_result_content(result, listed(TOTAL))
    return str(block["text"])


def test_structured_content_that_breaks_its_promise_is_not_used() -> None:
    with pytest.raises(ToolError, match=r"ran, but its result is not what its server promises: .*total"):
        text_of_result({"content": [], "structuredContent": {"total": "three"}})


@pytest.mark.parametrize("more", [{"structuredContent": {"total": "three"}}, {}])
def test_a_broken_promise_beside_text_is_only_logged(more: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    assert text_of_result({"content": [{"type": "text", "text": "3"}], **more}) == "3"
    assert "does not fit the schema" in caplog.text


def test_an_empty_result_is_empty() -> None:
    assert tool_result_content({"content": []}, listed()) == []


def test_an_error_is_a_tool_error_in_the_servers_words() -> None:
    with pytest.raises(ToolError, match=r"^No such file\.$"):
        shown({"type": "text", "text": "No such file."}, isError=True)
    with pytest.raises(ToolError, match="did not say why"):
        shown(isError=True)


def test_a_question_in_between_is_told() -> None:
    with pytest.raises(ToolError, match="asks a person a question"):
        tool_result_content({"resultType": "input_required", "requestState": "x"}, listed())


def test_an_error_is_told_without_links_and_tracebacks() -> None:
    pydantic = (
        "1 validation error for add\na\n  Input should be a valid integer [type=int_parsing]\n"
        "    For further information visit https://errors.pydantic.dev/2.14/v/int_parsing\nb\n  Field required"
    )
    assert readable_error_text(pydantic) == (
        "1 validation error for add\na\n  Input should be a valid integer [type=int_parsing]\nb\n  Field required"
    )
    assert (
        readable_error_text('It failed.\nTraceback (most recent call last):\n  File "/srv/a.py"\nKeyError')
        == "It failed."
    )
