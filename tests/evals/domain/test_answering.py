"""An answer is read from a text: a letter, a choice, a short answer, or that it is not known."""

from __future__ import annotations

import pytest

from agentkit.evals.domain.answering import AnswerIs, question_prompt, shuffled
from agentkit.evals.domain.questions import Question
from tests.evals.trials import trial

GASES = Question(question="Which gas?", choices=("oxygen", "carbon dioxide", "carbon"), answer=("carbon dioxide",))
WHO = Question(question="Who?", answer=("Ada Lovelace", "Lovelace"), source="Notes, p. 3")


@pytest.mark.parametrize(
    ("text", "result"),
    [
        *((text, "right") for text in ("B", "b", "(B)", "**B**", "B. carbon dioxide", "B) since plants need it")),
        *((text, "right") for text in ("Carbon dioxide.", "It is carbon dioxide", "The answer is B because of light")),
        *((text, "right") for text in ("A is wrong.\nAnswer: B", "Final answer: **B**", "The correct answer is (B).")),
        *((text, "right") for text in ("The answer is B. Note that A is a common distractor.", "ANSWER: **B**", "$B$")),
        *((text, "right") for text in ("Conclusion: (B). Eliminated: (A), (C).", "I would pick B - a safe choice.")),
        *((text, "right") for text in ("Answer seems to be B", "Antwort: B", "The answer is B because I computed it")),
        *(
            (text, "right")
            for text in (r"So \boxed{C} cancels. **Answer: B**", r"\boxed{B}", "Answer: B. Option A is a trap.")
        ),
        *((text, "wrong") for text in ("The answer is a gas", "A gas, I think", "The answer is A. Not B.")),
        *((text, "wrong") for text in ("A", "C", "Carbon", "D", "It is not carbon dioxide", "Plants")),
        *((text, "abstained") for text in ("I am an AI and cannot name it directly.", "I couldn't find it", "", None)),
        *((text, "abstained") for text in ("Ich weiß es nicht.", "No lo sé", "I'm not sure")),
        *((text, "abstained") for text in ("I do not have access to the records. Therefore, I cannot provide it.",)),
        *((text, "abstained") for text in ("I do not know.", "Sorry, I don\u2019t know", "I really cannot say.")),
        ("I do not know, perhaps B", "abstained"),
        ("I do not know for sure. Answer: B", "right"),
    ],
)
def test_choices(text: str | None, result: str) -> None:
    assert AnswerIs(GASES, 1.0).result(trial(text)) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [("ada lovelace.", "right"), ("The answer is Lovelace", "right"), ("Bob", "wrong"), ("I don't know", "abstained")],
)
def test_short_answers(text: str, result: str) -> None:
    assert AnswerIs(WHO, 1.0).result(trial(text)) == result
    assert AnswerIs(Question(question="?", answer=(27,)), 1.0).result(trial("It has 27")) == "right"


def test_the_score_is_the_points_moved_to_0_to_1() -> None:
    grader = AnswerIs(WHO, 3.0)
    right, abstained, wrong = (grader(trial(text)) for text in ("Lovelace", "I do not know", "Bob"))
    assert [one.score for one in (right, abstained, wrong)] == [1.0, 0.75, 0.0]
    assert [one.passed for one in (right, abstained, wrong)] == [True, False, False]
    assert wrong.reason == "it answered 'Bob'; right is Ada Lovelace or Lovelace (Notes, p. 3)"
    assert abstained.reason.startswith("it abstained; right is Ada")


def test_choices_are_shuffled_by_seed_and_shown_with_letters() -> None:
    orders = {shuffled(GASES, seed).choices for seed in range(30)}
    assert len(orders) == 6
    assert shuffled(GASES, 1) == shuffled(GASES, 1)
    assert question_prompt(GASES) == "Which gas?\n\nA. oxygen\nB. carbon dioxide\nC. carbon"
    assert question_prompt(WHO) == "Who?"


@pytest.mark.parametrize("last", ["None of the above", "all of these", "Both of the others", "Neither of the two"])
def test_choices_that_speak_of_others_keep_their_sense(last: str) -> None:
    above = Question(question="Which?", choices=("x", last, "y", "z"), answer=("x",))
    assert {shuffled(above, seed).choices[-1] for seed in range(20)} == {last}
    assert len({shuffled(above, seed).choices for seed in range(60)}) == 6
    lettered = Question(question="Which?", choices=("x", "y", "Both A and B", "none"), answer=("Both A and B",))
    assert {shuffled(lettered, seed) for seed in range(20)} == {lettered}
