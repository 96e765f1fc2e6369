"""Workers and a check that play by what stands in the prompt, for the tests of cascades."""

from __future__ import annotations

from agentkit import Agent, Escalate, Retry
from agentkit.messages.message import JSONObject
from agentkit.patterns import AnyLevel
from agentkit.testing import Reply

HAIKU, SONNET, OPUS = "claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"
ONCE = Retry(max_attempts=1)
worker = Agent("worker", model=HAIKU, retry=ONCE)
LEVELS: list[AnyLevel[str, str]] = [worker, Escalate(OPUS)]


def is_good(answer: str) -> str | None:
    return None if answer.startswith("good") else f"{answer!r} does not begin with good."


def play(request: JSONObject) -> Reply:
    """Answer easy prompts well on every level, hard ones on the last one, and others nowhere."""
    prompt = str(request["messages"][0]["content"])
    if "easy" in prompt or ("hard" in prompt and request["model"] == OPUS):
        return Reply.text(f"good, by {request['model']}")
    return Reply.text(f"bad, by {request['model']}")


def prompt_of(request: JSONObject) -> str:
    return str(request["messages"][0]["content"])
