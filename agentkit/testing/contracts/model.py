"""Contract tests for a `Model`: it streams replies in the API's grammar, ends cleanly, and fails by ModelError."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from agentkit.errors import ModelError
from agentkit.messages.message import AssistantTurn, JSONObject, Message
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.models.model import Model
from agentkit.models.stream_accumulator import StreamAccumulator

_CONCURRENT_STREAMS = 5
_TIMEOUT_S = 60.0


async def read_reply(model: Model, question: Request) -> tuple[list[JSONObject], AssistantTurn]:
    """Read a whole reply: return its events, and the turn that they make."""
    events: list[JSONObject] = []
    reader = StreamAccumulator()
    with anyio.fail_after(_TIMEOUT_S):
        async with model.stream(question) as stream:
            async for event in stream:
                events.append(event)
                reader.feed(event)
    return events, reader.turn()


@pytest.mark.anyio
class ModelContract:
    """Tests for a `Model`. Inherit it, and give the fixtures `model` and `failing_model`."""

    @pytest.fixture
    def model(self) -> Model:
        """The model under test. It must be able to answer `question`, six times and more."""
        raise NotImplementedError("give the contract a fixture `model`: the model under test")

    @pytest.fixture
    def failing_model(self) -> Model:
        """The same kind of model, made so that it gets no reply: a port that nobody listens on, a wrong key."""
        raise NotImplementedError("give the contract a fixture `failing_model`: one that gets no reply")

    @pytest.fixture
    def question(self, model: Model) -> Request:
        """The request. Override it if your model needs other options."""
        options = {"model": model.name, "max_tokens": 1024, "stream": True}
        return Request(
            EncodedPrefix.encode("Answer in one sentence.", ()), (Message.of("user", "What is tea?"),), options
        )

    async def test_it_has_a_name(self, model: Model) -> None:
        """The name is sent as `model`, and looked up in the price table."""
        assert isinstance(model.name, str)
        assert model.name.strip()

    async def test_events_follow_the_grammar_of_the_api(self, model: Model, question: Request) -> None:
        """message_start, blocks that start, grow and stop one after another, message_delta, message_stop."""
        events, turn = await read_reply(model, question)
        kinds = [event["type"] for event in events if event["type"] != "ping"]
        assert kinds[0] == "message_start", "the first event is message_start"
        assert kinds[-1] == "message_stop", "the last event is message_stop"
        assert kinds.count("message_start") == kinds.count("message_stop") == 1
        assert "message_delta" in kinds, "message_delta says the stop reason and the usage"
        indices = [event["index"] for event in events if event["type"] == "content_block_start"]
        assert indices == sorted(set(indices)), "blocks are numbered in their order"
        open_blocks: list[int] = []
        for event in events:
            match event["type"]:
                case "content_block_start":
                    assert not open_blocks, "a block starts when the one before it has stopped"
                    open_blocks.append(event["index"])
                case "content_block_delta":
                    assert open_blocks == [event["index"]], "a delta belongs to the block that is open"
                case "content_block_stop":
                    assert open_blocks.pop() == event["index"]
                case _:
                    pass
        assert not open_blocks, "every block stops"
        assert turn.stop_reason, "the turn has a stop reason"

    async def test_the_request_is_not_changed(self, model: Model, question: Request) -> None:
        """The same request is sent again when a turn has to be restarted."""
        before = question.to_bytes()
        await read_reply(model, question)
        assert question.to_bytes() == before

    async def test_a_stream_that_is_left_early_is_closed(self, model: Model, question: Request) -> None:
        """Leaving the context ends the request; the next one is answered."""
        with anyio.fail_after(_TIMEOUT_S):
            async with model.stream(question) as stream:
                await anext(aiter(stream))
        await read_reply(model, question)

    async def test_a_stream_that_is_cancelled_ends_at_once(self, model: Model, question: Request) -> None:
        """A cancelled scope gets out of a stream, and the next request is answered."""
        with anyio.fail_after(_TIMEOUT_S):
            with anyio.CancelScope() as scope:
                async with model.stream(question) as stream:
                    async for _ in stream:
                        scope.cancel()
                        await anyio.lowlevel.checkpoint()
            assert scope.cancelled_caught
        await read_reply(model, question)

    async def test_streams_at_once_do_not_mix(self, model: Model, question: Request) -> None:
        """A fan-out reads many replies at the same time, each whole."""
        turns: list[AssistantTurn] = []

        async def read_one_reply() -> None:
            _, turn = await read_reply(model, question)
            turns.append(turn)

        async with anyio.create_task_group() as tasks:
            for _ in range(_CONCURRENT_STREAMS):
                tasks.start_soon(read_one_reply)
        assert len(turns) == _CONCURRENT_STREAMS

    async def test_a_reply_that_cannot_be_had_is_a_model_error(self, failing_model: Model) -> None:
        """The loop knows what to do with ModelError and with nothing else."""
        options = {"model": failing_model.name, "max_tokens": 1024, "stream": True}
        question = Request(EncodedPrefix.encode(None, ()), (Message.of("user", "What is tea?"),), options)
        with pytest.raises(ModelError) as caught:
            await read_reply(failing_model, question)
        assert str(caught.value).strip(), "the error says what happened"
