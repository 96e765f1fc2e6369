"""How runs end that do not simply complete: replies cut off, budgets used up, calls made again and again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agentkit.loop.actions import AskModel, CheckAnswer, Compact, Finish, RetryTurn, RunTools, SkipCalls, UseFallback
from agentkit.loop.run_limits import MIN_REPLY_TOKENS, RunLimits
from agentkit.loop.state import AnswerBy, RunState
from agentkit.loop.stop_reasons import next_action
from agentkit.loop.texts_for_model import FINAL_TURN_NOTE, OVER_BUDGET_NOTE, TRUNCATED_RESULT
from agentkit.messages.message import AssistantTurn, Block
from agentkit.run.outcome import Outcome
from tests.loop.test_stop_reasons import CALL, TEXT, fresh, turn


def cut(state: RunState, *content: Block, max_tokens: int = 0) -> RunState:
    return state.reply_received(turn(*content, stop_reason="max_tokens"), max_tokens=max_tokens)


def roomy(by: AnswerBy = AnswerBy.TEXT) -> RunState:
    return RunState(RunLimits(max_tokens=16_000, model_max_tokens=128_000), by, has_tools=True)


class TestCutOff:
    """A reply that `max_tokens` cut off: none of its calls runs, and what is of no use gets more room."""

    def test_a_cut_call_is_asked_for_with_more_room_up_to_the_models_limit(self) -> None:
        state, rooms = roomy(), list[int]()
        while isinstance(step := next_action(cut(state, TEXT, CALL, max_tokens=(rooms or [16_000])[-1])), RetryTurn):
            rooms.append(step.max_tokens or 0)
            state = cut(state, TEXT, CALL).turn_dropped(step)
            assert state.turns == 0
            assert next_action(state) == AskModel(max_tokens=rooms[-1], good_tokens=2 * 16_000)
        assert rooms == [64_000, 128_000]
        assert isinstance(step, SkipCalls)

    def test_then_the_model_is_told_to_send_smaller_pieces_twice_and_then_the_run_is_truncated(self) -> None:
        state = fresh()
        for _ in range(2):
            state = cut(state, CALL)
            step = next_action(state)
            assert isinstance(step, SkipCalls)
            assert step.text == TRUNCATED_RESULT
            state = state.calls_skipped()
        step = next_action(cut(state, CALL))
        assert isinstance(step, Finish)
        assert step.outcome is Outcome.TRUNCATED

    def test_calls_that_share_an_id_get_no_results_when_they_were_cut_off(self) -> None:
        state = replace(cut(fresh(), CALL, CALL), has_repeated_ids=True)
        assert next_action(state) == RetryTurn("The reply gave an id to two tool calls.")
        assert next_action(replace(state, repeated_ids=state.limits.max_repeated_ids)) == Finish(
            Outcome.FAILED, "The API gave an id to two tool calls, again and again."
        )

    @pytest.mark.parametrize("content", [[], [{"type": "thinking", "thinking": "Hm"}]])
    def test_a_reply_cut_off_before_its_first_word_gets_more_room(self, content: list[Block]) -> None:
        assert next_action(cut(roomy(), *content)) == RetryTurn("The reply was cut off.", 64_000)

    def test_a_budget_may_give_it_a_quarter_more_than_it_had_and_no_more_room_once(self) -> None:
        reply = turn(CALL, stop_reason="max_tokens")
        state = roomy().reply_received(replace(reply, usage={"output_tokens": 4_000}), max_tokens=4_000)
        step = next_action(state)
        assert isinstance(step, RetryTurn)
        assert (step.max_tokens, step.min_tokens) == (16_000, 5_001)
        state = state.turn_dropped(step)
        assert next_action(state) == AskModel(max_tokens=16_000, min_tokens=5_001, good_tokens=8_000)
        assert isinstance(next_action(cut(state, CALL, max_tokens=5_001)), RetryTurn)
        stuck = cut(state, CALL, max_tokens=4_000)
        assert isinstance(next_action(stuck), SkipCalls)
        assert isinstance(next_action(cut(stuck.calls_skipped(), CALL, max_tokens=4_000)), RetryTurn)

    def test_a_cut_typed_answer_gets_more_room(self) -> None:
        assert next_action(cut(roomy(AnswerBy.FORMAT), TEXT)) == RetryTurn("The reply was cut off.", 64_000)

    def test_text_that_had_all_the_room_it_was_meant_to_have_stays(self) -> None:
        step = next_action(cut(roomy(), TEXT))
        assert isinstance(step, Finish)
        assert step.outcome is Outcome.TRUNCATED

    def test_text_that_a_budget_gave_less_room_is_asked_for_with_what_it_was_meant_to_have(self) -> None:
        assert next_action(cut(roomy(), TEXT, max_tokens=MIN_REPLY_TOKENS)) == RetryTurn(
            "The reply was cut off.", 16_000
        )

    def test_cut_text_of_the_last_turn_is_the_best_answer(self) -> None:
        assert next_action(cut(fresh(1), TEXT)) == CheckAnswer("Tea is 4 EUR.")


class TestOverBudget:
    """What does not fit is not sent; a run that has tools is told, and lands."""

    def test_the_model_is_told_and_its_answer_is_kept(self) -> None:
        state = fresh().budget_refused("No money.")
        assert next_action(state) == AskModel(f"{OVER_BUDGET_NOTE} {FINAL_TURN_NOTE}", is_final_turn=True)
        step = next_action(state.user_message_sent().reply_received(turn(TEXT)).answer_accepted())
        assert step == Finish(Outcome.BUDGET_EXHAUSTED, "No money.")

    def test_it_is_told_once(self) -> None:
        state = fresh().budget_refused("No money.").user_message_sent()
        state = cut(state, {"type": "thinking", "thinking": "Hm"}, max_tokens=1_024)
        step = next_action(state)
        assert isinstance(step, RetryTurn)
        assert next_action(state.turn_dropped(step)) == AskModel(None, is_final_turn=True, good_tokens=2_048)

    def test_its_calls_are_not_run(self) -> None:
        step = next_action(
            fresh().budget_refused("No money.").user_message_sent().reply_received(turn(CALL, stop_reason="tool_use"))
        )
        assert isinstance(step, RunTools)
        assert step.allowed_tools == frozenset()

    def test_a_landing_that_does_not_fit_either_ends_the_run(self) -> None:
        state = fresh().budget_refused("No money.").budget_refused("None at all.")
        assert next_action(state) == Finish(Outcome.BUDGET_EXHAUSTED, "None at all.")

    def test_a_run_without_tools_ends_at_once(self) -> None:
        assert next_action(fresh(has_tools=False).budget_refused("No.")) == Finish(Outcome.BUDGET_EXHAUSTED, "No.")

    def test_an_answer_that_does_not_fit_its_type_ends_the_run(self) -> None:
        step = next_action(
            fresh()
            .budget_refused("No money.")
            .user_message_sent()
            .reply_received(turn(TEXT))
            .answer_rejected("Not a Report.")
        )
        assert step == Finish(Outcome.BUDGET_EXHAUSTED, "No money. Not a Report.")


class TestLivelock:
    """A call that fails again and again is not made for ever."""

    def test_the_fourth_time_ends_the_run_before_it_is_executed(self) -> None:
        state = fresh()
        for _ in range(3):
            state = state.reply_received(turn(CALL, stop_reason="tool_use"))
            step = next_action(state)
            assert isinstance(step, RunTools)
            state = state.tools_finished(failed=step.calls)
        step = next_action(state.reply_received(turn(CALL, stop_reason="tool_use")))
        assert step == Finish(Outcome.LIVELOCK, "The same call of `find` failed 3 times and was made again.")

    def test_a_success_in_between_begins_the_count_anew(self) -> None:
        state = fresh()
        for _ in range(5):
            step = next_action(state := state.reply_received(turn(CALL, stop_reason="tool_use")))
            assert isinstance(step, RunTools)
            state = state.tools_finished(failed=step.calls)
            step = next_action(state := state.reply_received(turn(CALL, stop_reason="tool_use")))
            assert isinstance(step, RunTools)
            state = state.tools_finished(succeeded=step.calls)


def test_a_reply_that_uses_an_id_again_is_asked_for_anew_twice_and_never_run() -> None:
    state = fresh()
    for _ in range(2):
        state = state.reply_received(turn(CALL, stop_reason="tool_use"), has_repeated_ids=True)
        step = next_action(state)
        assert isinstance(step, RetryTurn)
        state = state.turn_dropped(step)
        assert next_action(state) == AskModel()
    step = next_action(state.reply_received(turn(CALL, stop_reason="tool_use"), has_repeated_ids=True))
    assert isinstance(step, Finish)
    assert step.outcome is Outcome.FAILED


def test_a_refusal_goes_to_the_fallback_once() -> None:
    state = RunState(RunLimits(), has_fallback=True).reply_received(AssistantTurn([], "refusal", {}))
    step = next_action(state)
    assert isinstance(step, UseFallback)
    assert step.reason == "The model declined."
    state = state.turn_dropped(step)
    assert next_action(state) == AskModel()
    assert next_action(state.reply_received(AssistantTurn([], "refusal", {}))) == Finish(
        Outcome.REFUSED, "The model declined."
    )


def test_a_full_window_is_compacted_once() -> None:
    full = turn(TEXT, stop_reason="model_context_window_exceeded")
    state = fresh().reply_received(full)
    step = next_action(state)
    assert isinstance(step, Compact)
    state = state.turn_dropped(step)
    assert next_action(state) == AskModel()
    step = next_action(state.reply_received(full))
    assert isinstance(step, Finish)
    assert step.outcome is Outcome.CONTEXT_EXCEEDED
