"""How runs end that do not simply complete: replies cut off, budgets used up, calls made again and again."""

from __future__ import annotations

import pytest

from agentkit.loop.actions import (
    CUT_OFF,
    FLOOR,
    LAST_TURN,
    OVER_BUDGET,
    AnswerBy,
    AnswerCalls,
    AskAgain,
    CallModel,
    CheckAnswer,
    Compact,
    FallBack,
    Finish,
    Limits,
    RunTools,
)
from agentkit.loop.state import RunState, next_step
from agentkit.messages.message import AssistantTurn, Block
from agentkit.run.outcome import Outcome
from tests.loop.test_state import CALL, TEXT, fresh, turn


def cut(state: RunState, *content: Block, max_tokens: int = 0) -> RunState:
    return state.replied(turn(*content, stop_reason="max_tokens"), max_tokens=max_tokens)


def roomy(by: AnswerBy = AnswerBy.TEXT) -> RunState:
    return RunState(Limits(max_tokens=16_000, most_tokens=128_000), by, has_tools=True)


class TestCutOff:
    """A reply that `max_tokens` cut off: none of its calls runs, and what is of no use gets more room."""

    def test_a_cut_call_is_asked_for_with_more_room_up_to_the_models_limit(self) -> None:
        state, rooms = roomy(), list[int]()
        while isinstance(step := next_step(cut(state, TEXT, CALL, max_tokens=(rooms or [16_000])[-1])), AskAgain):
            rooms.append(step.max_tokens or 0)
            state = cut(state, TEXT, CALL).dropped(step)
            assert state.turns == 0
            assert next_step(state) == CallModel(max_tokens=rooms[-1], least_tokens=min(rooms[-1], 2 * 16_000))
        assert rooms == [64_000, 128_000]
        assert isinstance(step, AnswerCalls)

    def test_then_the_model_is_told_to_send_smaller_pieces_twice_and_then_the_run_is_truncated(self) -> None:
        state = fresh()
        for _ in range(2):
            state = cut(state, CALL)
            step = next_step(state)
            assert isinstance(step, AnswerCalls)
            assert step.text == CUT_OFF
            state = state.cut_off()
        step = next_step(cut(state, CALL))
        assert isinstance(step, Finish)
        assert step.outcome is Outcome.TRUNCATED

    @pytest.mark.parametrize("content", [[], [{"type": "thinking", "thinking": "Hm"}]])
    def test_a_reply_cut_off_before_its_first_word_gets_more_room(self, content: list[Block]) -> None:
        assert next_step(cut(roomy(), *content)) == AskAgain("The reply was cut off.", 64_000)

    def test_a_cut_typed_answer_gets_more_room(self) -> None:
        assert next_step(cut(roomy(AnswerBy.FORMAT), TEXT)) == AskAgain("The reply was cut off.", 64_000)

    def test_text_that_had_all_the_room_it_was_meant_to_have_stays(self) -> None:
        step = next_step(cut(roomy(), TEXT))
        assert isinstance(step, Finish)
        assert step.outcome is Outcome.TRUNCATED

    def test_text_that_a_budget_gave_less_room_is_asked_for_with_what_it_was_meant_to_have(self) -> None:
        assert next_step(cut(roomy(), TEXT, max_tokens=FLOOR)) == AskAgain("The reply was cut off.", 16_000)

    def test_cut_text_of_the_last_turn_is_the_best_answer(self) -> None:
        assert next_step(cut(fresh(1), TEXT)) == CheckAnswer("Tea is 4 EUR.")


class TestOverBudget:
    """What does not fit is not sent; a run that has tools is told, and lands."""

    def test_the_model_is_told_and_its_answer_is_kept(self) -> None:
        state = fresh().over_budget("No money.")
        assert next_step(state) == CallModel(f"{OVER_BUDGET} {LAST_TURN}", is_last=True)
        step = next_step(state.said().replied(turn(TEXT)).answered())
        assert step == Finish(Outcome.BUDGET_EXHAUSTED, "No money.")

    def test_it_is_told_once(self) -> None:
        state = fresh().over_budget("No money.").said()
        state = cut(state, {"type": "thinking", "thinking": "Hm"}, max_tokens=1_024)
        step = next_step(state)
        assert isinstance(step, AskAgain)
        assert next_step(state.dropped(step)) == CallModel(None, is_last=True, least_tokens=2_048)

    def test_its_calls_are_not_run(self) -> None:
        step = next_step(fresh().over_budget("No money.").said().replied(turn(CALL, stop_reason="tool_use")))
        assert isinstance(step, RunTools)
        assert step.only == frozenset()

    def test_a_landing_that_does_not_fit_either_ends_the_run(self) -> None:
        state = fresh().over_budget("No money.").over_budget("None at all.")
        assert next_step(state) == Finish(Outcome.BUDGET_EXHAUSTED, "None at all.")

    def test_a_run_without_tools_ends_at_once(self) -> None:
        assert next_step(fresh(has_tools=False).over_budget("No.")) == Finish(Outcome.BUDGET_EXHAUSTED, "No.")

    def test_an_answer_that_does_not_fit_its_type_ends_the_run(self) -> None:
        step = next_step(fresh().over_budget("No money.").said().replied(turn(TEXT)).rejected("Not a Report."))
        assert step == Finish(Outcome.BUDGET_EXHAUSTED, "No money. Not a Report.")


class TestLivelock:
    """A call that fails again and again is not made for ever."""

    def test_the_fourth_time_ends_the_run_before_it_is_executed(self) -> None:
        state = fresh()
        for _ in range(3):
            state = state.replied(turn(CALL, stop_reason="tool_use"))
            step = next_step(state)
            assert isinstance(step, RunTools)
            state = state.ran_tools(failed=step.calls)
        step = next_step(state.replied(turn(CALL, stop_reason="tool_use")))
        assert step == Finish(Outcome.LIVELOCK, "The same call of `find` failed 3 times and was made again.")

    def test_a_success_in_between_begins_the_count_anew(self) -> None:
        state = fresh()
        for _ in range(5):
            step = next_step(state := state.replied(turn(CALL, stop_reason="tool_use")))
            assert isinstance(step, RunTools)
            state = state.ran_tools(failed=step.calls)
            step = next_step(state := state.replied(turn(CALL, stop_reason="tool_use")))
            assert isinstance(step, RunTools)
            state = state.ran_tools(succeeded=step.calls)


def test_a_reply_that_uses_an_id_again_is_asked_for_anew_twice_and_never_run() -> None:
    state = fresh()
    for _ in range(2):
        state = state.replied(turn(CALL, stop_reason="tool_use"), has_repeated_ids=True)
        step = next_step(state)
        assert isinstance(step, AskAgain)
        state = state.dropped(step)
        assert next_step(state) == CallModel()
    step = next_step(state.replied(turn(CALL, stop_reason="tool_use"), has_repeated_ids=True))
    assert isinstance(step, Finish)
    assert step.outcome is Outcome.FAILED


def test_a_refusal_goes_to_the_fallback_once() -> None:
    state = RunState(Limits(), has_fallback=True).replied(AssistantTurn([], "refusal", {}))
    step = next_step(state)
    assert step == FallBack("The model declined.")
    state = state.dropped(step)
    assert next_step(state) == CallModel()
    assert next_step(state.replied(AssistantTurn([], "refusal", {}))) == Finish(Outcome.REFUSED, "The model declined.")


def test_a_full_window_is_compacted_once() -> None:
    full = turn(TEXT, stop_reason="model_context_window_exceeded")
    state = fresh().replied(full)
    step = next_step(state)
    assert step == Compact()
    state = state.dropped(step)
    assert next_step(state) == CallModel()
    step = next_step(state.replied(full))
    assert isinstance(step, Finish)
    assert step.outcome is Outcome.CONTEXT_EXCEEDED
