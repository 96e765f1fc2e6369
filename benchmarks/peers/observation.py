"""Observations of a run from the outside: the server's requests, the tools that ran, the program's output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agentkit.messages.message import Block, JSONObject

ANSWER = "All is done."
"""The scripted model's final answer."""


@dataclass(frozen=True)
class Verdict:
    """A judgement and what happened, in a few words."""

    is_right: bool
    word: str


@dataclass(frozen=True)
class ToolRun:
    """One run of a tool, from the log that the tool writes."""

    tool: str
    arguments: JSONObject
    started_s: float
    ended_s: float = float("inf")
    end: str = "running"
    """`returned`, the class of what it raised, or `running` when the program was killed."""


@dataclass(frozen=True)
class Result:
    """A tool result that reached the server."""

    text: str
    is_error: bool

    @property
    def tells_failure(self) -> bool:
        """True if a model would understand that the call failed, by the flag or by the text."""
        return self.is_error or any(word in self.text.lower() for word in ("error", "fail", "not executed"))


@dataclass(frozen=True)
class Observation:
    """The observations of one framework in one scenario."""

    requests: list[JSONObject]
    """Bodies of the requests that passed the API's rules."""
    refusals: list[str]
    """The error texts with which the API's rules refused others."""
    runs: list[ToolRun]
    is_over: bool
    """True if the program ended by itself within the scenario's time."""
    seconds: float
    answer: str = ""
    ending: str = ""
    """The field of the framework's result that says how the run ended."""
    is_success: bool = True
    """True if that result counts as a success."""
    error: str = ""
    """The class of the exception that the program got. Empty: none."""
    text: str = ""
    """The text of that exception, or of a result that is no success."""
    stderr: str = ""

    @property
    def has_answer(self) -> bool:
        """True if the run ended with the model's answer."""
        return self.is_over and not self.error and self.is_success and ANSWER in self.answer

    @property
    def is_plain_success(self) -> bool:
        """True if the program got a result that does not count as a failure."""
        return self.is_over and not self.error and self.is_success

    @property
    def ending_in_words(self) -> str:
        """The end of the run in a few words."""
        if not self.is_over:
            return "hangs"
        if self.error:
            return f"raises {self.error}"
        if not self.is_success:
            return f"ends as {self.ending}"
        return "answers" if ANSWER in self.answer else f"ends without the answer ({self.ending})"

    def results(self, tool: str = "") -> list[Result]:
        """Return the tool results that reached the server, each once; those of one tool when it is named."""
        names = {block["id"]: block["name"] for block in self._blocks("tool_use")}
        found = {block["tool_use_id"]: block for block in self._blocks("tool_result")}
        return [
            Result(text_of(block), bool(block.get("is_error")))
            for call_id, block in found.items()
            if not tool or names.get(call_id) == tool
        ]

    def runs_of(self, tool: str) -> list[ToolRun]:
        """Return the runs of a tool."""
        return [run for run in self.runs if run.tool == tool]

    def mentions_ending(self, *words: str) -> bool:
        """Return True if the exception or the result's ending has one of these words."""
        said = f"{self.error} {self.text} {self.ending}".lower()
        return any(word in said for word in words)

    def _blocks(self, kind: str) -> Iterator[Block]:
        for request in self.requests:
            yield from blocks(request, kind)


def blocks(request: JSONObject, kind: str) -> list[Block]:
    """Return the blocks of a type in a request's messages."""
    contents = [message["content"] for message in request["messages"] if isinstance(message["content"], list)]
    return [block for content in contents for block in content if block["type"] == kind]


def text_of(result: Block) -> str:
    """Return the text of a tool result, whichever way it was sent."""
    content = result.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(str(block.get("text", "")) for block in content)


def result_texts(request: JSONObject) -> str:
    """Return the texts of all tool results in a request."""
    return "\n".join(text_of(block) for block in blocks(request, "tool_result"))
