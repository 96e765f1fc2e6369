"""A long conversation, and a server that is asked for its summary as a run asks it."""

from __future__ import annotations

from agentkit import Agent, Settings, tool
from agentkit.history.compaction import Summary, compact_transcript
from agentkit.history.transcript import Transcript
from agentkit.messages.message import AssistantTurn, JSONObject, Message, text_of, user
from agentkit.messages.request import Request
from agentkit.models.claude import ClaudeModel
from agentkit.models.stream_accumulator import StreamAccumulator
from agentkit.simulator import Reply, Script, Simulator

MODEL = "claude-opus-5-5"
SUMMARY = Summary(
    "Find the price of tea.", ["Tea is in log 7."], [], ["Read log 7."], [], "Say it.", ["artifact-1: the log"]
)


@tool(effect="read")
def read_log(number: int) -> str:
    """Read a log."""
    return f"log {number}\n" + "tea 4 EUR\n" * 20_000


clerk = Agent("clerk", model=MODEL, instructions="You keep the books.", tools=[read_log])


async def talk(*prompts: str) -> Transcript:
    """A conversation with thinking and a long result, as its last run left it."""
    chat = clerk.conversation()
    think = Reply.thinking("Where could it be?")
    replies = [[think + Reply.tool("read_log", number=7), think + Reply.text(f"Answer to {p}")] for p in prompts]
    client = Simulator(Script(*[reply for both in replies for reply in both])).client()
    for prompt in prompts:
        assert (await chat.send(prompt, client=client)).ok
    transcript = chat._chat.transcript
    assert transcript is not None
    return transcript


class Server:
    """A simulator, asked as a run asks it."""

    def __init__(self, *replies: Reply) -> None:
        self.simulator = Simulator(Script(*replies))
        self.client = self.simulator.client()
        self.asked: list[Request] = []

    async def ask(self, request: Request) -> AssistantTurn:
        self.asked.append(request)
        reader = StreamAccumulator()
        async with ClaudeModel(MODEL, self.client).stream(request) as events:
            async for event in events:
                reader.feed(event)
        return reader.turn()

    async def compact(self, transcript: Transcript, *, server_side: bool = False, **more: object) -> list[Message]:
        given: JSONObject = {"model": MODEL, "settings": Settings(), **more}
        return await compact_transcript(transcript, self.ask, **given, server_side=server_side)

    async def go_on(self, transcript: Transcript, messages: list[Message]) -> str:
        """The next reply of the conversation; the simulator refuses one that is not as it has to be."""
        transcript.messages = [*messages, user("Go on.")]
        options: JSONObject = {"model": MODEL, "max_tokens": 100, "stream": True}
        return (await self.ask(Request(transcript.prefix, transcript.messages, options, transcript.betas))).text


def shown(messages: list[Message]) -> str:
    return "\n".join(text_of(message.content) for message in messages)
