"""Faults of the model's turns and their stop reasons."""

from __future__ import annotations

from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply
from benchmarks.peers.observation import ANSWER, Observation, Verdict, blocks, result_texts
from benchmarks.peers.scenarios.scenario import Scenario, ScriptedModel, calls_once

_LOOK = Reply.tool("price", item="tea")
_TOO_LONG = Reply.failure(400, "invalid_request_error", "prompt is too long: 1000123 tokens > 1000000 maximum")


def _pause(seen: Observation) -> Verdict:
    is_resumed = len(seen.requests) > 1 and seen.requests[-1]["messages"][-1]["role"] == "assistant"
    if seen.has_answer:
        return Verdict(is_resumed, "resumed" if is_resumed else "goes on, but not from where it paused")
    return Verdict(False, "taken for the end" if seen.is_plain_success else seen.ending_in_words)


def _strange_stop(seen: Observation) -> Verdict:
    is_named = seen.mentions_ending("hologram")
    if any(run.tool == "remove" for run in seen.runs):
        return Verdict(False, "executed the turn's call" + ("; named" if is_named else "; never named"))
    if not seen.is_plain_success:
        return Verdict(seen.is_over, f"stops; {seen.ending_in_words}")
    return Verdict(is_named, "stops; named in the result" if is_named else "taken for a normal end")


def _refusal(seen: Observation) -> Verdict:
    if not seen.is_plain_success:
        return Verdict(seen.is_over, seen.ending_in_words)
    is_named = seen.mentions_ending("refus", "content_filter")
    return Verdict(is_named, "named in the result" if is_named else "an empty answer as a success")


def _empty(seen: Observation) -> Verdict:
    if not seen.is_plain_success or seen.has_answer:
        return Verdict(seen.is_over, "called once more" if seen.has_answer else seen.ending_in_words)
    return Verdict(False, "an empty answer as a success")


def _endless(seen: Observation) -> Verdict:
    count = len(seen.requests)
    return Verdict(
        seen.is_over, f"{seen.ending_in_words} after {count} turns" if seen.is_over else f"no end after {count} turns"
    )


def _too_long(seen: Observation) -> Verdict:
    is_typed = seen.is_over and not seen.error and "context" in seen.ending  # an exception takes what was done with it
    return Verdict(seen.has_answer or is_typed, "shortened, answers" if seen.has_answer else seen.ending_in_words)


def _never_done() -> ScriptedModel:
    return lambda request: Reply.tool("price", item=f"item {len(blocks(request, 'tool_result'))}")


def _grows_too_long() -> ScriptedModel:
    """Return a model that calls a tool three times, until the conversation is too long; a shorter one it answers."""
    was_too_long = False

    def play(request: JSONObject) -> Reply:
        nonlocal was_too_long
        if request.get("compaction"):
            return Reply.text("The stock was looked up three times.")
        if len(result_texts(request)) > 100_000:
            was_too_long = True
            return _TOO_LONG
        return Reply.text(ANSWER) if was_too_long else Reply.tool("stock", item="tea")

    return play


SCENARIOS = (
    Scenario(
        "pause",
        "pause_turn in a search of the server's own",
        "the turn goes back as it is; the run goes on",
        lambda: lambda _: Reply.text(ANSWER),
        _pause,
        faults=("pause_turn",),
    ),
    Scenario(
        "strange_stop",
        "an unknown stop reason behind a text",
        "stops, and the reason can be read from the result",
        lambda: lambda _: Reply.text("So far so good."),
        _strange_stop,
        faults=("unknown_stop_reason",),
    ),
    Scenario(
        "strange_stop_call",
        "an unknown stop reason behind a tool call",
        "executes nothing, stops, and the reason can be read",
        calls_once(Reply.tool("remove", items=["tea"])),
        _strange_stop,
        faults=("unknown_stop_reason",),
    ),
    Scenario(
        "refusal",
        "the model refuses",
        "an exception or a result that says so",
        lambda: lambda _: Reply.text(ANSWER),
        _refusal,
        faults=("refusal",),
    ),
    Scenario(
        "empty",
        "an empty end_turn after tool results",
        "called once more, or an end that is no success",
        calls_once(_LOOK),
        _empty,
        faults=(None, "empty"),
    ),
    Scenario("endless", "a model that never stops calling", "a limit ends it by default", _never_done, _endless),
    Scenario(
        "too_long",
        "the prompt gets too long",
        "shortened and retried, or a typed end with the finished work",
        _grows_too_long,
        _too_long,
    ),
)
