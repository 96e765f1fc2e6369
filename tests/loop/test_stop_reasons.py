"""The machine of a run, without any I/O: every stop reason, every end."""

from __future__ import annotations

import pytest

from agentkit.loop.actions import AskModel, CheckAnswer, Compact, Finish, RequestText, RunTools, SkipCalls
from agentkit.loop.run_limits import RunLimits
from agentkit.loop.state import AnswerBy, RunState
from agentkit.loop.stop_reasons import STOP_REASONS, next_action
from agentkit.loop.texts_for_model import (
    CALL_ANSWER_TOOL_NOTE,
    EMPTY_REPLY_NOTE,
    FINAL_TURN_BY_TOOL_NOTE,
    FINAL_TURN_NOTE,
)
from agentkit.messages.message import AssistantTurn, Block
from agentkit.run.outcome import Outcome
from agentkit.tools.reserved_names import ANSWER_TOOL

TEXT: Block = {"type": "text", "text": "Tea is 4 EUR."}
CALL: Block = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}


def turn(*content: Block, stop_reason: str | None = "end_turn") -> AssistantTurn:
    return AssistantTurn(list(content), stop_reason, {})


def fresh(max_turns: int = 50, *, by: AnswerBy = AnswerBy.TEXT, has_tools: bool = True) -> RunState:
    return RunState(RunLimits(max_turns=max_turns), by, has_tools=has_tools)


def test_a_run_begins_by_asking() -> None:
    assert next_action(fresh()) == AskModel()


def test_text_is_an_answer_to_check() -> None:
    assert next_action(fresh().reply_received(turn(TEXT))) == CheckAnswer("Tea is 4 EUR.")


def test_a_checked_answer_completes_the_run() -> None:
    assert next_action(fresh().reply_received(turn(TEXT)).answer_accepted()) == Finish(Outcome.COMPLETED)


@pytest.mark.parametrize("stop_reason", ["tool_use", "end_turn", "stop_sequence"])
def test_a_complete_turn_with_calls_runs_them_whatever_it_is_called(stop_reason: str) -> None:
    step = next_action(fresh().reply_received(turn(TEXT, CALL, stop_reason=stop_reason)))
    assert isinstance(step, RunTools)
    assert [call.id for call in step.calls] == ["toolu_1"]
    assert step.allowed_tools is None


@pytest.mark.parametrize("stop_reason", ["max_tokens", "model_context_window_exceeded", "refusal", "moonrise", None])
def test_no_call_of_an_unfinished_turn_is_run(stop_reason: str | None) -> None:
    step = next_action(fresh().reply_received(turn(TEXT, CALL, stop_reason=stop_reason)))
    assert isinstance(step, SkipCalls | Compact | Finish)


def test_every_stop_reason_has_one_meaning_and_an_unknown_one_ends_the_run_by_its_name() -> None:
    steps = {
        "max_tokens": Finish(Outcome.TRUNCATED, "The reply was cut off at max_tokens."),
        "model_context_window_exceeded": Compact(),
        "refusal": Finish(Outcome.REFUSED, "The model declined."),
        "tool_use": Finish(Outcome.FAILED, "The API stopped for tool_use, but the reply holds no tool call."),
        "pause_turn": AskModel(),
        "compaction": AskModel(),
        "end_turn": CheckAnswer("Tea is 4 EUR."),
        "stop_sequence": CheckAnswer("Tea is 4 EUR."),
    }
    assert {
        reason: next_action(fresh().reply_received(turn(TEXT, stop_reason=reason))) for reason in STOP_REASONS
    } == steps
    unknown = next_action(fresh().reply_received(turn(TEXT, stop_reason="moonrise")))
    assert isinstance(unknown, Finish)
    assert unknown.outcome is Outcome.FAILED
    assert "moonrise" in unknown.reason


def test_a_refusal_says_what_the_api_said() -> None:
    details = {"category": "cyber", "explanation": "It asks for malware"}
    refused = AssistantTurn([], "refusal", {}, stop_details=details)
    assert next_action(fresh().reply_received(refused)) == Finish(
        Outcome.REFUSED, "The model declined: cyber: It asks for malware."
    )


def test_results_are_followed_by_another_question() -> None:
    assert next_action(fresh().reply_received(turn(CALL, stop_reason="tool_use")).tools_finished()) == AskModel()


def test_a_paused_turn_is_resent_as_one_turn_and_bounded() -> None:
    state = RunState(RunLimits(max_pauses=2))
    for _ in range(2):
        state = state.reply_received(turn(TEXT, stop_reason="pause_turn"))
        assert next_action(state) == AskModel()
        state = state.turn_resumed()
        assert state.turns == 0
    step = next_action(state.reply_received(turn(TEXT, stop_reason="pause_turn")))
    assert isinstance(step, Finish)
    assert step.outcome is Outcome.PAUSED


class TestLanding:
    """On the last turn the model is told so, and nothing but the answer tool runs."""

    def test_the_last_turn_is_announced(self) -> None:
        state = fresh(2).reply_received(turn(CALL, stop_reason="tool_use")).tools_finished()
        assert next_action(state) == AskModel(FINAL_TURN_NOTE, is_final_turn=True)

    def test_an_answer_given_by_tool_is_announced_as_such(self) -> None:
        assert next_action(fresh(1, by=AnswerBy.TOOL)) == AskModel(FINAL_TURN_BY_TOOL_NOTE, is_final_turn=True)

    def test_a_run_without_tools_needs_no_announcement(self) -> None:
        assert next_action(fresh(1, has_tools=False)) == AskModel()

    def test_a_landed_answer_counts_and_the_outcome_says_that_the_limit_was_hit(self) -> None:
        step = next_action(fresh(1).reply_received(turn(TEXT)).answer_accepted())
        assert step == Finish(Outcome.MAX_TURNS, "The limit of 1 turns was reached.")

    def test_a_single_turn_without_tools_completes(self) -> None:
        assert next_action(fresh(1, has_tools=False).reply_received(turn(TEXT)).answer_accepted()) == Finish(
            Outcome.COMPLETED
        )

    def test_calls_of_the_last_turn_are_answered_but_not_run(self) -> None:
        step = next_action(fresh(1).reply_received(turn(CALL, stop_reason="tool_use")))
        assert isinstance(step, RunTools)
        assert step.allowed_tools == frozenset()

    def test_the_answer_tool_is_the_only_one_that_runs(self) -> None:
        step = next_action(fresh(1, by=AnswerBy.TOOL).reply_received(turn(CALL, stop_reason="tool_use")))
        assert isinstance(step, RunTools)
        assert step.allowed_tools == frozenset({ANSWER_TOOL})

    def test_text_beside_the_calls_of_the_last_turn_is_the_best_answer(self) -> None:
        state = fresh(1).reply_received(turn(TEXT, CALL, stop_reason="tool_use")).tools_finished()
        assert next_action(state) == CheckAnswer("Tea is 4 EUR.")

    def test_a_silent_last_turn_ends_at_the_limit(self) -> None:
        state = fresh(1).reply_received(turn(CALL, stop_reason="tool_use")).tools_finished()
        step = next_action(state)
        assert isinstance(step, Finish)
        assert step.outcome is Outcome.MAX_TURNS

    def test_an_answer_that_does_not_fit_on_the_last_turn_ends_at_the_limit_with_the_reason(self) -> None:
        step = next_action(fresh(1).reply_received(turn(TEXT)).answer_rejected("Not a Report."))
        assert step == Finish(Outcome.MAX_TURNS, "The limit of 1 turns was reached. Not a Report.")


class TestAnswersThatDoNotFit:
    """They go back at the tail, twice by default."""

    def test_the_reason_is_said_with_the_next_request(self) -> None:
        assert next_action(fresh().reply_received(turn(TEXT)).answer_rejected("Not a Report.")) == AskModel(
            "Not a Report."
        )

    def test_the_third_failure_ends_the_run(self) -> None:
        state = fresh()
        for _ in range(3):
            state = state.reply_received(turn(TEXT)).answer_rejected("Not a Report.")
        assert next_action(state) == Finish(Outcome.INVALID_OUTPUT, "Not a Report.")

    def test_failures_through_the_answer_tool_count_as_well(self) -> None:
        state = fresh(by=AnswerBy.TOOL)
        for _ in range(2):
            state = state.reply_received(turn(CALL, stop_reason="tool_use")).tools_finished(rejected="No.")
            assert next_action(state) == AskModel()
        state = state.reply_received(turn(TEXT)).answer_rejected(CALL_ANSWER_TOOL_NOTE)
        assert next_action(state) == Finish(Outcome.INVALID_OUTPUT, CALL_ANSWER_TOOL_NOTE)

    def test_a_note_and_the_last_turn_are_said_together(self) -> None:
        step = next_action(fresh(2).reply_received(turn(TEXT)).answer_rejected("Not a Report."))
        assert step == AskModel(f"Not a Report.\n\n{FINAL_TURN_NOTE}", is_final_turn=True)


class TestSilence:
    """A turn without a word is asked for once more."""

    @pytest.mark.parametrize(
        "content", [[], [{"type": "text", "text": " \n"}], [{"type": "thinking", "thinking": "Hm"}]]
    )
    def test_it_is_asked_once_and_then_ends_as_empty(self, content: list[Block]) -> None:
        state = fresh().reply_received(turn(*content))
        assert next_action(state) == RequestText()
        state = state.text_requested()
        assert next_action(state) == AskModel(EMPTY_REPLY_NOTE)
        step = next_action(state.reply_received(turn(*content)))
        assert isinstance(step, Finish)
        assert step.outcome is Outcome.EMPTY
