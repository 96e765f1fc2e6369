"""A conversation with an agent: append-only, with a system prompt and tools of its own. Every run is part of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Unpack

from agentkit.handle import RunHandle
from agentkit.job import Chat, Job
from agentkit.spec import Deps, In, Out

if TYPE_CHECKING:
    from agentkit.messages import JSONObject
    from agentkit.prompt import Part
    from agentkit.result import RunResult
    from agentkit.spec import AgentSpec, RunOptions


@dataclass(frozen=True, slots=True)
class Conversation(Generic[Deps, In, Out]):
    """What is said to one agent over several messages; each message is a run that goes on where the last one ended.

    The system prompt and the tools are rendered with the first message and then stay as they are. One message at a
    time: another one while a run is going on raises UsageError.
    """

    agent: AgentSpec[Deps, In, Out]
    _chat: Chat = field(default_factory=Chat, repr=False)

    @property
    def messages(self) -> tuple[JSONObject, ...]:
        """What was said so far, as the API's own dictionaries."""
        transcript = self._chat.transcript
        return () if transcript is None else tuple(message.to_dict() for message in transcript.messages)

    async def send(self, prompt: In | str | Sequence[Part], **options: Unpack[RunOptions[Deps]]) -> RunResult[Out]:
        """Say something and wait for the result. Takes and raises what `Agent.run` does."""
        job = Job(self.agent, self._chat, prompt, options)
        await job.perform(None)
        return job.result()

    def stream(self, prompt: In | str | Sequence[Part], **options: Unpack[RunOptions[Deps]]) -> RunHandle[Out]:
        """Say something and read the events. Takes and raises what `Agent.stream` does."""
        job = Job(self.agent, self._chat, prompt, options)
        return RunHandle(job.perform, job.result)
