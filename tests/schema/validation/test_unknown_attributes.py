"""An attribute of another framework's class is answered with what to write instead; any other as Python does."""

from __future__ import annotations

import copy
import pickle

import pytest

from agentkit import Agent, Outcome, RunResult

AGENT = Agent("a", model="claude-haiku-5-5")
RESULT: RunResult[str] = RunResult(run_id="r", agent="a", outcome=Outcome.FAILED)


@pytest.mark.parametrize(
    ("holder", "name", "meant"),
    [
        (AGENT, "invoke", "has no attribute 'invoke': an agent is run with `await agent.run(prompt)`"),
        (AGENT, "tool", "put `@tool` on the function"),
        (RESULT, "final_output", "what a run gives is `result.output`."),
        (RESULT, "all_messages", "the messages of a run are `result.messages`."),
        (AGENT, "xyzzy", "'Agent' object has no attribute 'xyzzy'"),
    ],
)
def test_the_error_says_what_is_meant(holder: object, name: str, meant: str) -> None:
    assert not hasattr(holder, name)
    with pytest.raises(AttributeError) as caught:
        getattr(holder, name)
    assert meant in str(caught.value)


def test_a_property_of_a_subclass_keeps_its_own_error_and_copies_work() -> None:
    class Clerk(Agent):
        @property
        def desk(self) -> int:
            raise AttributeError("no desk is free")

    with pytest.raises(AttributeError, match="no desk is free"):
        _ = Clerk("c", model="claude-haiku-5-5").desk
    assert copy.deepcopy(AGENT) == pickle.loads(pickle.dumps(AGENT)) == AGENT
    assert copy.deepcopy(RESULT) == pickle.loads(pickle.dumps(RESULT)) == RESULT
