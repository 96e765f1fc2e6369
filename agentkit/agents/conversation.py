"""A conversation with an agent: append-only, with a system prompt and tools of its own. Every run is part of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, NoReturn, Unpack

from agentkit.errors import UsageError
from agentkit.history.conversation_state import ConversationState
from agentkit.history.saved import SavedConversation
from agentkit.loop.lifecycle import RunLifecycle
from agentkit.run.agent_spec import Deps, In, Out
from agentkit.run.streamed_run import RunHandle

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.run.agent_spec import AgentSpec, RunOptions
    from agentkit.run.input import Part
    from agentkit.run.result import RunResult


@dataclass(frozen=True, slots=True)
class Conversation(Generic[Deps, In, Out]):
    """A series of messages to one agent; each message is a run that continues where the last one ended.

    The system prompt and the tools are rendered with the first message and do not change after that. One message at a
    time: another one while a run is in progress raises UsageError. A message may name another `model`; thinking is
    bound to the model that wrote it, so all of it is then left out. A copy (`copy`, `deepcopy`) is a `fork()`.
    """

    agent: AgentSpec[Deps, In, Out]
    _chat: ConversationState = field(default_factory=ConversationState, repr=False)

    @property
    def messages(self) -> tuple[JSONObject, ...]:
        """The messages so far, as the API's own dictionaries."""
        return tuple(message.to_dict() for message in self._saved_state().messages)

    def save(self) -> JSONObject:
        """Return the conversation as JSON, for `Agent.conversation`, in this process or another one.

        Its `messages` are the API's own dictionaries, for pages and queries; treat the rest as opaque. Artifacts of
        long tool results are not in it. Raises UsageError in the middle of a run.
        """
        self._raise_if_busy()
        transcript = self._chat.transcript
        if transcript is not None and transcript.unknown_delta is not None:
            kind = transcript.unknown_delta
            raise UsageError(f"A reply had a kind of delta that this version does not know: {kind!r}. It is not saved.")
        return self._saved_state().to_json()

    def fork(self) -> Conversation[Deps, In, Out]:
        """Return another conversation that goes on from this point. Raises UsageError in the middle of a run.

        It begins with the same messages, artifacts and prompt prefix; what is sent to one of the two never reaches the
        other.
        """
        self._raise_if_busy()
        return Conversation(self.agent, self._chat.fork())

    def __copy__(self) -> Conversation[Deps, In, Out]:
        return self.fork()

    def __deepcopy__(self, memo: object) -> Conversation[Deps, In, Out]:
        return self.fork()

    def __reduce__(self) -> NoReturn:
        raise UsageError(
            f"A conversation cannot be pickled: take `save()`, which is JSON, and there `agent.conversation(saved)` of "
            f"the agent {self.agent.name!r}."
        )

    def _raise_if_busy(self) -> None:
        if self._chat.current_run is not None:
            raise UsageError(f"This conversation with {self.agent.name!r} is in the middle of a run: await that first.")

    def _saved_state(self) -> SavedConversation:
        transcript = self._chat.transcript
        if transcript is None:
            return self._chat.saved or SavedConversation((), self.agent.name)
        return transcript.to_saved_conversation(self.agent.name)

    async def send(self, prompt: In | str | Sequence[Part], **options: Unpack[RunOptions[Deps]]) -> RunResult[Out]:
        """Send a message and wait for the result. Takes and raises what `Agent.run` does.

        Args:
            prompt: A text, a list of content, or a value of the agent's input type.
            options: See `RunOptions`.
        """
        lifecycle = RunLifecycle(self.agent, self._chat, prompt, options)
        await lifecycle.run(None)
        return lifecycle.result()

    def stream(self, prompt: In | str | Sequence[Part], **options: Unpack[RunOptions[Deps]]) -> RunHandle[Out]:
        """Send a message and read the events. Takes and raises what `Agent.stream` does.

        Args:
            prompt: A text, a list of content, or a value of the agent's input type.
            options: See `RunOptions`.
        """
        lifecycle = RunLifecycle(self.agent, self._chat, prompt, options)
        return RunHandle(lifecycle.run, lifecycle.result, lifecycle.note_stop)


def conversation_state_from(earlier: object) -> ConversationState:
    """Return the state of a conversation that continues an earlier one. Raises UsageError if it is not one."""
    saved = SavedConversation.from_json_or_messages(earlier)
    state = ConversationState(saved=saved)
    state.artifacts.continue_numbering("\n".join(message.encoded.decode() for message in saved.messages))
    return state
