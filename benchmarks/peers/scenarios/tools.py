"""Faults of tools and of their calls."""

from __future__ import annotations

import re

from agentkit.simulator import Reply
from benchmarks.peers.observation import Observation, Verdict
from benchmarks.peers.scenarios.scenario import Scenario, calls_once, calls_until, ends_with_answer

_TWO = Reply.tool("price", item="tea") + Reply.tool("stock", item="tea")
_LOOK = Reply.tool("stock", item="tea")
_ALL = ["tea", "cup", "pot"]
_REMOVE = Reply.tool("remove", items=_ALL, note="for Ann")
_WRONG = Reply.tool("order", lines=[{"item": "tea", "count": 1}, {"item": "cup", "count": "many"}])
_CORRECT = Reply.tool("order", lines=[{"item": "tea", "count": 1}, {"item": "cup", "count": 2}])


def _exception(seen: Observation) -> Verdict:
    has_sibling = any("4.0 EUR" in result.text for result in seen.results("price"))
    loss = "" if has_sibling else ", sibling's result lost"
    if not seen.has_answer:
        return Verdict(False, seen.ending_in_words + loss)
    failed_results = [
        result for result in seen.results("stock") if result.tells_failure or "does not answer" in result.text
    ]
    word = "reported" if any(result.is_error for result in failed_results) else "reported, as an ordinary result"
    return Verdict(bool(failed_results) and has_sibling, (word if failed_results else "not reported") + loss)


def _secret(seen: Observation) -> Verdict:
    if "hunter2" in str(seen.requests):
        return Verdict(False, "password sent to the model")
    return Verdict(True, "not sent" if seen.has_answer else f"not sent; {seen.ending_in_words}")


def _hang(seen: Observation) -> Verdict:
    is_reported = any(result.tells_failure for result in seen.results("stock"))
    return Verdict(
        seen.has_answer and is_reported,
        f"given up after {seen.seconds:.0f} s" if seen.has_answer else seen.ending_in_words,
    )


def _not_in_part(seen: Observation) -> Verdict:
    """Judge as right a run in which the tool never got less than the model wrote."""
    in_part = [run for run in seen.runs_of("remove") if run.arguments["items"] != _ALL or not run.arguments["note"]]
    if in_part:
        return Verdict(False, f"executed with {in_part[0].arguments['items']}")
    return Verdict(True, "not executed" if seen.has_answer else f"not executed; {seen.ending_in_words}")


def _whole_in_the_end(seen: Observation) -> Verdict:
    whole = [run for run in seen.runs_of("remove") if run.arguments["items"] == _ALL and run.arguments["note"]]
    word = seen.ending_in_words if not seen.has_answer or whole else "answers, the call never ran whole"
    return Verdict(seen.has_answer and len(whole) == 1, word)


def _arguments(seen: Observation) -> Verdict:
    failed = [result.text for result in seen.results("order") if result.tells_failure]
    names_it = any(re.search(r"lines\W+1\W+count", text) for text in failed)
    if not failed:
        return Verdict(False, f"not reported; {seen.ending_in_words}")
    word = "reported with the argument" if names_it else "reported without the argument"
    return Verdict(names_it and seen.has_answer, word)


def _unknown(seen: Observation) -> Verdict:
    failed = [result for result in seen.results() if result.tells_failure]
    if not failed or not seen.has_answer:
        return Verdict(False, seen.ending_in_words)
    lists = all(name in failed[0].text for name in ("price", "stock", "order", "remove"))
    return Verdict(True, "reported, with the known tools" if lists else "reported, without the known tools")


def _not_twice(seen: Observation) -> Verdict:
    count = len(seen.runs_of("remove"))
    times = {0: "never executed", 1: "executed once"}.get(count, f"executed {count} times")
    return Verdict(count < 2, times if seen.has_answer else f"{times}; {seen.ending_in_words}")


def _parallel(seen: Observation) -> Verdict:
    first, *others = sorted(seen.runs_of("price"), key=lambda run: run.started_s)
    is_parallel = len(others) == 1 and others[0].started_s < first.ended_s
    return Verdict(is_parallel and seen.has_answer, "at once" if is_parallel else "one after another")


def _huge(seen: Observation) -> Verdict:
    sizes = [len(result.text) for result in seen.results("stock")]
    if seen.has_answer:
        return Verdict(True, f"{min(sizes):,} characters sent" if sizes else "not sent")
    is_refused = any("prompt is too long" in refusal for refusal in seen.refusals)
    return Verdict(False, f"sent whole; {seen.ending_in_words}" if is_refused else seen.ending_in_words)


def _surrogate(seen: Observation) -> Verdict:
    texts = [result.text for result in seen.results("stock")]
    if seen.has_answer and any("txt: 12" in text for text in texts):
        return Verdict(True, "replaced")
    return Verdict(seen.has_answer, "reported as a failure" if seen.has_answer else seen.ending_in_words)


SCENARIOS = (
    Scenario(
        "exception",
        "a plain exception in one of two parallel tools",
        "an error result; the sibling's result arrives; the run goes on",
        calls_once(_TWO),
        _exception,
    ),
    Scenario("secret", "a password in the exception's text", "the text stays here", calls_once(_LOOK), _secret),
    Scenario(
        "hang",
        "a tool that hangs",
        "given up within 100 s, an error result, the run goes on",
        calls_once(_LOOK),
        _hang,
        bound_s=100,
    ),
    Scenario(
        "cut_call",
        "a tool call cut off by max_tokens: is it executed?",
        "nothing of it is executed",
        calls_until("removed", _REMOVE),
        _not_in_part,
        faults=("max_tokens:tool_use",),
        is_streamed=True,
    ),
    Scenario(
        "cut_call_after",
        "the same: does the run go on?",
        "retried; the call runs once, whole",
        calls_until("removed", _REMOVE),
        _whole_in_the_end,
        faults=("max_tokens:tool_use",),
        is_streamed=True,
    ),
    Scenario(
        "half_json",
        "a tool call's JSON ends in the middle under a normal stop: is it executed?",
        "nothing of it is executed",
        calls_until("removed", _REMOVE),
        _not_in_part,
        faults=("truncated_json",),
        is_streamed=True,
    ),
    Scenario(
        "half_json_after",
        "the same: does the run go on?",
        "an error result; the call runs once, whole",
        calls_until("removed", _REMOVE),
        _whole_in_the_end,
        faults=("truncated_json",),
        is_streamed=True,
    ),
    Scenario(
        "arguments",
        "a wrong argument, deep inside",
        "an error result that says which one; the run goes on",
        calls_until("ordered", _WRONG, _CORRECT),
        _arguments,
    ),
    Scenario(
        "unknown_tool",
        "a tool that does not exist",
        "an error result; the run goes on",
        calls_once(Reply.tool("prices", item="tea")),
        _unknown,
    ),
    Scenario(
        "duplicate_ids",
        "two equal tool calls under one id: are both executed?",
        "at most one is",
        calls_once(_REMOVE),
        _not_twice,
        faults=("duplicate_ids",),
    ),
    Scenario(
        "duplicate_ids_after",
        "the same: does the run go on?",
        "the turn is rejected and retried",
        calls_once(_REMOVE),
        ends_with_answer,
        faults=("duplicate_ids",),
    ),
    Scenario(
        "parallel",
        "two calls in one turn, a second of waiting each",
        "they run at once",
        calls_once(Reply.tool("price", item="tea") + Reply.tool("price", item="cup")),
        _parallel,
    ),
    Scenario("huge", "a tool result of 6 million characters", "shortened; the run goes on", calls_once(_LOOK), _huge),
    Scenario(
        "surrogate",
        "a tool result that is not valid UTF-8",
        "replaced or reported as a failure; the run goes on",
        calls_once(_LOOK),
        _surrogate,
    ),
)
