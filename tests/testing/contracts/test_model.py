"""The contract of models: our own keeps it, and each way of breaking it is found by the test that is about it."""

from __future__ import annotations

import gc
import warnings

import pytest

from agentkit.models.claude import ClaudeModel
from agentkit.models.model import Model
from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing.contracts import ModelContract


class TestClaudeModel(ModelContract):
    @pytest.fixture
    def model(self) -> Model:
        said = Reply.thinking("Hm.") + Reply.text("Tea is a drink. " * 50)
        return ClaudeModel("claude-opus-5-5", Simulator(Script(lambda _: said)).client())

    @pytest.fixture
    def failing_model(self) -> Model:
        return ClaudeModel("claude-opus-5-5", Simulator(Script(lambda _: Reply.text("Hi.")), faults=["drop"]).client())


HEAD = """
import json
from contextlib import asynccontextmanager
import gc
import warnings

import pytest
from agentkit.errors import ModelError
from agentkit.testing.contracts import ModelContract

def events():
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "x", "content": [], "usage": usage}
    yield {"type": "message_start", "message": message}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi."}}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}
    yield {"type": "message_stop"}

class Ours:
    name = "ours"

    @asynccontextmanager
    async def stream(self, request):
        yield Events(list(events()))

class Events:
    def __init__(self, left):
        self.left = left
    def __aiter__(self):
        return self
    async def __anext__(self):
        import anyio.lowlevel
        await anyio.lowlevel.checkpoint()
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop(0)

class Failing(Ours):
    @asynccontextmanager
    async def stream(self, request):
        raise ModelError("No reply.", kind="connection_error")
        yield

class TestOurs(ModelContract):
    @pytest.fixture
    def model(self):
        return Ours()

    @pytest.fixture
    def failing_model(self):
        return Failing()
"""

BROKEN = {
    "no name": ("Ours.name = ' '", "test_it_has_a_name"),
    "no end": (
        "whole = events\ndef events():\n    return [*whole()][:-1]",
        "test_events_follow_the_grammar_of_the_api",
    ),
    "a block that never stops": (
        "whole = events\ndef events():\n    return [e for e in whole() if e['type'] != 'content_block_stop']",
        "test_events_follow_the_grammar_of_the_api",
    ),
    "a request that is changed": (
        """
class Changing(Ours):
    @asynccontextmanager
    async def stream(self, request):
        request.options["seed"] = request.options.get("seed", 0) + 1
        yield Events(list(events()))
TestOurs.model = pytest.fixture(lambda self: Changing())
""",
        "test_the_request_is_not_changed",
    ),
    "streams that share their events": (
        """
shared = []
class Mixing(Ours):
    @asynccontextmanager
    async def stream(self, request):
        shared.extend(events())
        yield Events(shared)
TestOurs.model = pytest.fixture(lambda self: Mixing())
""",
        "test_streams_at_once_do_not_mix",
    ),
    "another error": (
        """
class Raising(Ours):
    @asynccontextmanager
    async def stream(self, request):
        raise OSError("no route")
        yield
TestOurs.failing_model = pytest.fixture(lambda self: Raising())
""",
        "test_a_reply_that_cannot_be_had_is_a_model_error",
    ),
    "a stream that swallows cancellation": (
        """
import anyio
class Deaf(Events):
    async def __anext__(self):
        with anyio.CancelScope(shield=True):
            return await super().__anext__()
class Swallowing(Ours):
    @asynccontextmanager
    async def stream(self, request):
        try:
            yield Deaf(list(events()))
        except anyio.get_cancelled_exc_class():
            pass
TestOurs.model = pytest.fixture(lambda self: Swallowing())
""",
        "test_a_stream_that_is_cancelled_ends_at_once",
    ),
}


def fails(pytester: pytest.Pytester, source: str, test: str) -> bool:
    """Whether that test of the contract fails, on either backend."""
    return test in failed(pytester, source, "-k", test, least=1)


def failed(pytester: pytest.Pytester, source: str, *options: str, least: int = 6) -> set[str]:
    """The names of the tests that fail, on either backend."""
    pytester.makepyfile(source)
    done = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-rfE", "-q", "--tb=no", *options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()  # what broken ones leave behind, a coroutine that nobody awaited, would warn in another test
    lines = [line for line in done.outlines if line.startswith(("FAILED ", "ERROR "))]
    assert not done.parseoutcomes().get("skipped")
    assert sum(done.parseoutcomes().values()) >= least
    return {line.split("::")[-1].partition("[")[0].partition(" ")[0] for line in lines}


def test_a_model_by_hand_keeps_it(pytester: pytest.Pytester) -> None:
    assert failed(pytester, HEAD) == set()


@pytest.mark.parametrize("way", BROKEN)
def test_a_model_that_breaks_it_fails_the_test_that_is_about_it(pytester: pytest.Pytester, way: str) -> None:
    source, test = BROKEN[way]
    assert fails(pytester, HEAD + source, test)


def test_a_fixture_that_is_not_given_is_asked_for_by_name(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("from agentkit.testing.contracts import ModelContract\nclass TestIt(ModelContract): pass")
    done = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    done.stdout.fnmatch_lines(["*give the contract a fixture `model`: the model under test*"])
