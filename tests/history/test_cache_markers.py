"""Cache markers: at the end of a long prefix, in long messages, never more than the API takes, and never moved."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any, Literal

import pytest

from agentkit import Agent, Settings, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

LONG = "Be brief, and read with care. " * 200
MARKER = {"type": "ephemeral"}


def markers(body: JSONObject) -> int:
    """How many there are in a request, the one for its end among them."""
    return str(body).count("'cache_control'")


async def asked(agent: Agent[Any, Any, Any], *prompts: Any) -> list[JSONObject]:
    """The requests of a conversation with these prompts."""
    chat = agent.conversation()
    with script(lambda request: Reply.text("Yes.")) as s:
        for prompt in prompts:
            await chat.send(prompt)
    return s.requests


class TestPrefix:
    """The marker at its end."""

    async def test_a_long_system_prompt_has_it(self) -> None:
        (request,) = await asked(Agent("a", model="claude-haiku-5-5", instructions=LONG), "Hi")
        assert request["system"] == [{"type": "text", "text": LONG, "cache_control": MARKER}]
        assert request["cache_control"] == MARKER

    async def test_long_tools_have_it_on_the_last_one(self) -> None:
        @tool(effect="read", description=LONG)
        def find(word: str) -> int:
            raise NotImplementedError

        (request,) = await asked(Agent("a", model="claude-haiku-5-5", tools=[find]), "Hi")
        assert [one.get("cache_control") for one in request["tools"]] == [MARKER]

    async def test_it_may_be_the_only_one(self) -> None:
        once = Settings(cache_scope="prefix")
        first, second = await asked(Agent("a", model="claude-haiku-5-5", instructions=LONG, settings=once), "1", "2")
        assert (markers(first), markers(second)) == (1, 1)
        assert first["system"] == second["system"] == [{"type": "text", "text": LONG, "cache_control": MARKER}]

    async def test_it_lasts_as_long_as_the_settings_say(self) -> None:
        agent = Agent("a", model="claude-haiku-5-5", instructions=LONG, settings=Settings(cache="1h"))
        (request,) = await asked(agent, "Hi")
        assert request["system"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"} == request["cache_control"]

    @pytest.mark.parametrize(
        "agent",
        [
            Agent("a", model="claude-haiku-5-5", instructions="Be brief."),
            Agent("a", model="claude-opus-4-8", instructions=LONG),
            Agent("a", model="claude-haiku-5-5", instructions=LONG, settings=Settings(cache=None)),
        ],
    )
    async def test_it_is_not_there_where_nothing_would_be_kept(self, agent: Agent) -> None:
        (request,) = await asked(agent, "Hi")
        assert request["system"] in ("Be brief.", LONG)

    async def test_whoever_sets_his_own_gets_no_other(self) -> None:
        search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 1, "cache_control": MARKER}
        agent = Agent("a", model="claude-haiku-5-5", instructions=LONG, tools=[search])
        (request,) = await asked(agent, "Hi")
        assert request["system"] == LONG

    async def test_a_conversation_that_was_saved_goes_on_with_the_same_bytes(self) -> None:
        agent = Agent("a", model="claude-haiku-5-5", instructions=LONG)
        chat = agent.conversation()
        with script(lambda request: Reply.text("Yes.")) as s:
            await chat.send("Hi")
            await agent.conversation(chat.save()).send("And now?")
        first, second = s.requests
        assert first["system"] == second["system"]
        assert s.refusals == []


class TestLongMessages:
    """The look-back of the server is twenty blocks."""

    async def test_a_long_one_has_a_marker_on_its_first_block(self) -> None:
        many = [f"Number {n}." for n in range(30)]
        agent = Agent("a", model="claude-haiku-5-5", instructions="Be brief. " * 500)
        first, second, third = await asked(agent, "Hi", many, "And now?")
        assert markers(first) == 2
        assert second["messages"][-1]["content"][0]["cache_control"] == MARKER
        assert markers(second) == markers(third) == 3
        assert third["messages"][2] == second["messages"][2]

    async def test_what_was_cached_is_found_behind_a_long_one(self) -> None:
        agent = Agent("a", model="claude-haiku-5-5", instructions=LONG)
        chat = agent.conversation()
        with script(lambda request: Reply.text("Yes.")):
            await chat.send("A long story. " * 500)
            result = await chat.send([f"Number {n}." for n in range(60)])
        assert result.usage.cache_read_tokens > 3_000

    async def test_the_first_message_has_nothing_to_look_back_to(self) -> None:
        agent = Agent("a", model="claude-haiku-5-5", instructions="Be brief.")
        (request,) = await asked(agent, [f"Number {n}." for n in range(30)])
        assert markers(request) == 1

    async def test_there_are_never_more_than_the_api_takes(self) -> None:
        many = [f"Number {n}." for n in range(30)]
        agent = Agent("a", model="claude-haiku-5-5", instructions=LONG)
        requests = await asked(agent, *["Hi", many] * 4)
        assert [markers(request) for request in requests] == [2, 3, 3, 4, 4, 4, 4, 4]
        for before, after in pairwise(requests):
            assert after["messages"][: len(before["messages"])] == before["messages"]

    async def test_four_of_the_users_own_leave_no_room_for_the_one_at_the_end(self) -> None:
        own = [{"type": "text", "text": f"Part {n}.", "cache_control": MARKER} for n in range(4)]
        agent = Agent("a", model="claude-haiku-5-5", instructions="Be brief.")
        (request,) = await asked(agent, own)
        assert markers(request) == 4
        assert "cache_control" not in request


def marked(text: str, **more: str) -> JSONObject:
    return {"type": "text", "text": text, "cache_control": {**MARKER, **more}}


class TestMarkersOfOthers:
    """Those that the user, a tool or an earlier conversation has placed."""

    async def test_one_in_every_message_leaves_room_for_the_one_at_the_end(self) -> None:
        agent = Agent("a", model="claude-haiku-5-5", instructions="Be brief.")
        requests = await asked(agent, *[[marked(f"Document {n}."), "Well?"] for n in range(7)])
        assert [markers(request) for request in requests] == [2, 3, 4, 4, 4, 4, 4]
        assert all(request["cache_control"] == MARKER for request in requests)
        for before, after in pairwise(requests):
            assert after["messages"][: len(before["messages"])] == before["messages"]

    async def test_more_than_the_api_takes_are_cut_to_the_first_ones(self) -> None:
        agent = Agent("a", model="claude-haiku-5-5", instructions=LONG)
        (request,) = await asked(agent, [marked(f"Part {n}.") for n in range(5)])
        assert [block.get("cache_control") for block in request["messages"][0]["content"]] == [MARKER] * 3 + [None] * 2

    async def test_those_of_tools_count_too(self) -> None:
        @tool(effect="read")
        def read(page: int) -> list[JSONObject]:
            """Read a page."""
            return [marked(f"Page {page}.")]

        with script(*[Reply.tool("read", page=n) for n in range(6)], Reply.text("Done.")) as s:
            assert (await Agent("a", model="claude-haiku-5-5", tools=[read]).run("Go.")).ok
        assert [markers(request) for request in s.requests] == [1, 2, 3, 4, 4, 4, 4]

    async def test_of_an_earlier_conversation_the_last_ones_are_kept(self) -> None:
        said = [{"role": role, "content": [marked(str(n))]} for n in range(3) for role in ("user", "assistant")]
        with script(lambda request: Reply.text("Yes.")) as s:
            assert (await Agent("a", model="claude-haiku-5-5", instructions=LONG).conversation(said).send("Well?")).ok
        kept = [message["content"][0].get("cache_control") for message in s.requests[0]["messages"][:6]]
        assert kept == [None] * 3 + [MARKER] * 3

    async def test_they_are_counted_after_saving_and_when_caching_changes(self) -> None:
        agent = Agent("a", model="claude-haiku-5-5", instructions=LONG)
        chat = agent.conversation()
        with script(lambda request: Reply.text("Yes.")) as s:
            lifetimes: list[Literal["5m", "1h"] | None] = ["5m", "1h", None, "1h", "5m", "5m", "1h"]
            for lifetime in lifetimes:
                settings = Settings(cache=lifetime)
                result = await chat.send([*(f"Number {n}." for n in range(25)), marked("End.")], settings=settings)
                assert result.ok
                chat = agent.conversation(json.loads(json.dumps(chat.save())))
        assert s.refusals == []
        assert max(markers(request) for request in s.requests) <= 4
        for before, after in pairwise(s.requests):
            assert after["messages"][: len(before["messages"])] == before["messages"]

    async def test_a_long_life_behind_a_short_one_is_shortened(self) -> None:
        agent = Agent("a", model="claude-haiku-5-5", instructions=LONG)
        chat = agent.conversation()
        with script(lambda request: Reply.text("Yes.")) as s:
            await chat.send("Hi")
            await chat.send([marked("A.", ttl="1h"), "B."], settings=Settings(cache="1h"))
            await chat.send([f"Number {n}." for n in range(25)], settings=Settings(cache="1h"))
        assert s.refusals == []
        assert "ttl" not in str(s.requests)

    async def test_a_last_block_with_a_marker_gets_no_other(self) -> None:
        agent = Agent("a", model="claude-haiku-5-5", instructions="Be brief.")
        (request,) = await asked(agent, ["A.", marked("B.", ttl="1h")])
        assert "cache_control" not in request
        assert markers(request) == 1
