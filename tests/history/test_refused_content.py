"""What the API refuses of what is new never costs the conversation: it is taken back or replaced, and said."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from agentkit import Agent, Outcome, RunResult, ToolFinished, tool
from agentkit.history.refused_content import MAX_SINGLE_TRIES, is_about_content
from agentkit.messages.message import Block, JSONObject, encode
from agentkit.testing import Reply, script
from tests.pictures import image_block, pdf_block, png

pytestmark = pytest.mark.anyio

BAD_URL = "https://example.com/bad.png"
DOWNLOAD = "Unable to download the file. Please verify the URL and try again."
TAKEN_BACK = "The message was taken back."


def url_image(url: str) -> Block:
    return {"type": "image", "source": {"type": "url", "url": url}}


@tool(effect="read")
def paid(n: int = 0) -> str:
    """Expensive work."""
    return "worth a lot"


@tool(effect="read")
def look(urls: list[str]) -> list[Block]:
    """Look at pictures."""
    return [{"type": "text", "text": f"{len(urls)} pictures"}, *map(url_image, urls)]


@tool(effect="read")
def cite(name: str) -> list[Block]:
    """Find a tool."""
    return [{"type": "tool_reference", "tool_name": name}]


AGENT = Agent("a", model="claude-opus-5-5", tools=[paid, look, cite])


def results_in(request: JSONObject) -> list[Block]:
    """The tool results of a request, in order."""
    messages = [message["content"] for message in request["messages"] if isinstance(message["content"], list)]
    return [block for content in messages for block in content if block["type"] == "tool_result"]


def has_bad_image(request: JSONObject) -> bool:
    """True if the image that cannot be had stands in a request: not its name in a call or a text."""
    return encode(url_image(BAD_URL)) in encode(request["messages"])


def refusing(
    text: str, *replies: Reply, is_bad: Callable[[JSONObject], bool] = has_bad_image
) -> Callable[[JSONObject], Reply]:
    """A model that plays these replies, by the turns so far; a request that is bad is refused with this text."""

    def play(request: JSONObject) -> Reply:
        if is_bad(request):
            return Reply.failure(400, "invalid_request_error", text)
        turn = [message["role"] for message in request["messages"]].count("assistant")
        return replies[min(turn, len(replies) - 1)]

    return play


class TestMessages:
    """A message of the user."""

    @pytest.mark.parametrize(
        "poison",
        [
            [image_block(b"junk"), "hi"],
            [image_block(b"BM", "image/bmp"), "hi"],
            [pdf_block(b"<html>"), "hi"],
            [{"type": "video", "source": {}}, "hi"],
            [{"type": "document"}, "hi"],
            [{"type": "text", "text": "hi", "hologram": True}],
            *([[image_block(png(2001, 1))] * 21]),
        ],
    )
    @pytest.mark.parametrize("is_first", [True, False])
    async def test_one_that_is_refused_is_taken_back(self, poison: list[Any], is_first: bool) -> None:
        chat = AGENT.conversation()
        with script(lambda request: Reply.text("ok")) as s:
            if not is_first:
                await chat.send("first")
            before = chat.messages
            async with chat.stream(poison) as run:
                async for _ in run:
                    pass
            refused = run.result
            assert chat.messages == before == refused.messages
            chat = AGENT.conversation(json.loads(json.dumps(chat.save())))
            assert (await chat.send("and now?")).ok
        assert refused.outcome is Outcome.FAILED
        assert refused.reason.endswith(TAKEN_BACK)
        assert s.refusals[0].message in refused.reason
        assert len(s.refusals) == 1

    async def test_a_note_that_went_with_it_is_sent_with_the_next_one(self) -> None:
        chat = AGENT.conversation()
        with script(lambda request: Reply.text("ok")) as s:
            await chat.send("first")
            chat = Agent("a", model="claude-opus-5-5", tools=[paid], instructions="Be brief.").conversation(chat.save())
            assert not (await chat.send([image_block(b"junk")])).ok
            assert (await chat.send("and now?")).ok
        assert "Be brief." in s.requests[-1]["messages"][-1]["content"][0]["text"]

    async def test_one_without_a_reply_before_it_goes_too_where_it_may_be_the_reason(self) -> None:
        chat = AGENT.conversation()
        play = refusing(DOWNLOAD, Reply.failure(529, "overloaded_error"), Reply.text("ok"))
        with script(lambda request: Reply.failure(401, "authentication_error")):
            assert not (await chat.send([url_image(BAD_URL)])).ok
        with script(play):
            refused = await chat.send("hello?")
        assert refused.reason.endswith("The message was taken back, and 1 before it that had no reply.")
        with script(refusing(DOWNLOAD, Reply.text("ok"))):
            assert (await chat.send("and now?")).ok

    async def test_one_that_the_api_names_before_it_is_replaced(self) -> None:
        chat = AGENT.conversation()
        with script(lambda request: Reply.failure(401, "authentication_error")):
            await chat.send([url_image(BAD_URL), "See?"])
        with script(refusing(f"messages.0.content.0.image.source: {DOWNLOAD}", Reply.text("ok"))) as s:
            assert (await chat.send("hello?")).ok
        assert "the API refused this image block" in s.requests[-1]["messages"][0]["content"][0]["text"]

    async def test_another_failure_takes_nothing_back(self) -> None:
        chat = AGENT.conversation()
        with script(lambda request: Reply.failure(401, "authentication_error", "No.")):
            result = await chat.send("Hi")
        assert "taken back" not in result.reason
        assert chat.messages == ({"role": "user", "content": "Hi"},)


class TestToolResults:
    """A block of a tool's result."""

    async def test_it_becomes_an_error_that_names_it_and_its_siblings_stay(self) -> None:
        play = refusing(
            f"messages.2.content.1.tool_result.content.1.image.source: {DOWNLOAD}",
            Reply.tool("paid") + Reply.tool("look", urls=[BAD_URL, "https://example.com/good.png"]),
            Reply.text("done"),
        )
        chat = AGENT.conversation()
        with script(play) as s:
            assert (await chat.send("go")).output == "done"
            assert (await chat.send("and now?")).ok
        good, bad = results_in(s.requests[-1])
        assert good["content"] == "worth a lot"
        assert bad["is_error"]
        assert bad["content"] == (
            f"[The call ran, but a part of its result cannot be sent: The API refused the image block ({BAD_URL}): "
            f"{DOWNLOAD} 1 more of its images and files are left out with it.]\n\n2 pictures"
        )

    @pytest.mark.parametrize("count", [1, 3, MAX_SINGLE_TRIES + 2])
    async def test_without_a_place_the_one_at_fault_is_found(self, count: int) -> None:
        calls = Reply.tool("paid")
        for n in range(count):
            calls += Reply.tool("look", urls=[BAD_URL if n == count - 1 else f"https://example.com/{n}.png"])
        chat = AGENT.conversation()
        with script(refusing(DOWNLOAD, calls, Reply.text("done"))) as s:
            assert (await chat.send("go")).ok
        assert len(s.requests) <= MAX_SINGLE_TRIES + 3
        paid_result, *looks = results_in(s.requests[-1])
        assert "is_error" not in paid_result
        assert looks[-1]["is_error"]
        if count <= MAX_SINGLE_TRIES:
            assert not any(block.get("is_error") for block in looks[:-1])

    async def test_several_at_fault_without_a_place_are_replaced_together(self) -> None:
        calls = Reply.tool("paid") + Reply.tool("look", urls=[BAD_URL]) + Reply.tool("look", urls=[BAD_URL])
        with script(refusing(DOWNLOAD, calls, Reply.text("done"))) as s:
            assert (await AGENT.run("go")).ok
        assert [bool(block.get("is_error")) for block in results_in(s.requests[-1])] == [False, True, True]

    async def test_a_reference_to_no_tool_is_found_by_its_name(self) -> None:
        calls = Reply.tool("look", urls=["https://example.com/good.png"]) + Reply.tool("cite", name="nope")
        with script(lambda request: calls if len(request["messages"]) == 1 else Reply.text("done")) as s:
            assert (await AGENT.run("go")).ok
        assert len(s.refusals) == 1
        looked, cited = results_in(s.requests[-1])
        assert "is_error" not in looked
        assert "tool_reference block (nope)" in cited["content"]

    async def test_a_refusal_without_a_word_of_the_reason_is_tried_too(self) -> None:
        play = refusing("Invalid request.", Reply.tool("look", urls=[BAD_URL]) + Reply.tool("paid"), Reply.text("done"))
        with script(play) as s:
            assert (await AGENT.run("go")).ok
        assert [bool(block.get("is_error")) for block in results_in(s.requests[-1])] == [True, False]

    async def test_a_model_that_takes_no_images_goes_on_without_them(self) -> None:
        def play(request: JSONObject) -> Reply:
            if '"image"' in json.dumps(request["messages"]):
                return Reply.failure(404, "not_found_error", "No endpoints found that support image input")
            return Reply.text("done") if results_in(request) else Reply.tool("look", urls=["https://example.com/a.png"])

        with script(play):
            assert (await AGENT.run("go")).output == "done"

    async def test_an_image_too_many_costs_itself_and_not_the_earlier_ones(self) -> None:
        @tool(effect="read")
        def screenshot() -> list[Block]:
            """Take a screenshot."""
            return [image_block(png(3000, 10))]

        agent = Agent("a", model="claude-opus-5-5", tools=[screenshot])
        turns = [Reply.tool("screenshot")] * 22
        with script(*turns, Reply.text("done")) as s:
            assert (await agent.run("go")).ok
        errors = [bool(block.get("is_error")) for block in results_in(s.requests[-1])]
        assert errors == [False] * 20 + [True] * 2

    async def test_results_of_a_run_that_was_stopped_are_replaced_in_the_next_one(self) -> None:
        chat = AGENT.conversation()
        play = refusing(
            f"messages.2.content.0.tool_result.content.1.image.source: {DOWNLOAD}",
            Reply.tool("look", urls=[BAD_URL]),
            Reply.text("done"),
        )
        with script(play):
            async with chat.stream("go") as run:
                async for event in run:
                    if isinstance(event, ToolFinished):
                        break
            result: RunResult[str] = await chat.send("never mind")
        assert result.ok

    async def test_what_cannot_be_found_stays_as_it_is(self) -> None:
        """The content is not at fault: it is as it was, and what was tried is undone."""
        chat = AGENT.conversation()
        calls = Reply.tool("look", urls=["https://example.com/a.png"]) + Reply.tool("look", urls=[])
        play = refusing("messages: the files are refused.", calls, is_bad=lambda body: len(body["messages"]) > 1)
        with script(play):
            result = await chat.send("go")
        assert result.outcome is Outcome.FAILED
        assert "taken back" not in result.reason
        assert not any(block.get("is_error") for block in results_in({"messages": chat.messages}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("messages.2.content.0.image.source.base64.data: Could not process image", True),
        ("Tool reference 'nope' has no corresponding tool definition", True),
        (DOWNLOAD, True),
        ("A maximum of 100 PDF pages may be provided.", True),
        ("Invalid request.", True),
        ("The API answered 400 invalid_request_error: messages.1: no", True),
        ("The API answered 400 invalid_request_error: max_tokens: no", False),
        ("Your credit balance is too low to access the Anthropic API.", False),
        ("This model does not support effort level 'xhigh'.", False),
        ("tools.0.custom.name: String should match pattern", False),
    ],
)
def test_a_refusal_of_content_is_known_by_its_words(text: str, expected: bool) -> None:
    assert is_about_content(text) is expected


async def test_the_sentence_that_says_so_begins_behind_a_full_stop() -> None:
    with script(faults=["status:400"]):
        refused = await Agent("a", model="claude-haiku-5-5").run("Hi")
    assert refused.reason.endswith(f"Simulated error. {TAKEN_BACK}")
