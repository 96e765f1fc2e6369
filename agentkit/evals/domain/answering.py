"""The prompt of a question, the answer that a text gives to it, and its grade: right, wrong, or not known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Literal, TypeAlias

from agentkit.evals.domain.questions import LETTERS, Question
from agentkit.evals.grade import Grade
from agentkit.evals.graders.model_judges import shown_text
from agentkit.evals.graders.numeric import is_near
from agentkit.evals.graders.outputs import plain_text

if TYPE_CHECKING:
    from agentkit.evals.trial import AnyTrial

Result: TypeAlias = Literal["right", "wrong", "abstained"]

_ABSTAINED = re.compile(
    r"(?i)\bI(?:\s+am\s+an\s+AI\s+and)?\s+(?:(?:really|honestly|simply)\s+)?"
    r"(?:do\s+not|don['\u2019]?t|cannot|can['\u2019]?t|can\s+not|could\s+not|couldn['\u2019]?t)\s+(?:really\s+)?"
    r"(?:know|say|tell|answer|provide|name|give|recall|confirm|identify|determine|find|access|have\b.{0,20}\b"
    r"(?:access|information|answer))\b"
    r"|\bI['\u2019 a]+m\s+not\s+sure\b|\bnot\s+enough\s+information\b"
    r"|\bich\s+wei(?:\u00df|ss)\s+(?:es\s+|das\s+)?nicht\b|\bje\s+ne\s+sais\s+pas\b|\bno\s+(?:lo\s+)?s\u00e9\b|\bnon\s+(?:lo\s+)?so\b"
)
"""Words with which models abstain. A guess behind them counts no more, and costs nothing."""
_LONE_LETTER = re.compile(r"\W*([A-Za-z])\W*")
_LETTER = r"(?P<letter>[B-HJ-Z]\b|[AI](?=[).:,;\]*$}]|\s*\Z|\s*\n))"
"""A capital alone; A and I may be words, and need a mark or an end behind them."""
_IS = r"(?:\s+(?:is|seems\s+to\s+be|should\s+be|must\s+be|would\s+be|ist|est|es)\b|\s*[:=])\W{0,4}"
_ANSWER = r"(?:answer|conclusion|option|choice|antwort|r\u00e9ponse|respuesta|risposta)"
_NAMED_LETTER = re.compile(
    rf"(?:(?i:{_ANSWER}\W{{0,2}}{_IS}|\b(?:pick|choose|select)\s+(?:option\s+)?\W{{0,3}})|\A\W{{0,3}}){_LETTER}"
)
"""A letter behind "the answer is", or at the beginning."""
_BOXED_LETTER = re.compile(rf"\\boxed\W{{0,3}}(?:\\text\W)?{_LETTER}")
_LEAD = re.compile(r"(?i)\A\W*(?:(?:the\s+)?(?:correct\s+|final\s+)?answer(?:\s+is|\s*:)|it\s+is|it['\u2019]s)\s*")
_NAMES_LETTERS = re.compile(r"\b[A-Z]\b\s*(?:,|&|\+|/|and\b|or\b|nor\b)\s*(?:and\s+|or\s+)?[A-Z]\b")
_SPEAKS_OF_ALL = re.compile(r"(?i)\b(?:all|any|none|both|neither|either)\s+(?:of\s+)?(?:the\s+|these\b|those\b)")
_MOST_CHARS = 200


@dataclass(frozen=True, slots=True)
class AnswerIs:
    """The grader of a question; its score is the points, 1 for right, 0 for abstaining and `-penalty` for wrong,
    moved to 0 to 1."""

    question: Question
    """The question, with its choices in the order in which they are shown."""
    penalty: float
    """The points that a wrong answer costs."""

    def __call__(self, trial: AnyTrial) -> Grade:
        """Return the grade."""
        said, result = self.said(trial), self.result(trial)
        expected = " or ".join(map(str, self.question.answer))
        source = f" ({self.question.source})" if self.question.source else ""
        reasons = {
            "right": "",
            "abstained": f"it {'abstained' if said else 'gave no answer'}; right is {expected}{source}",
            "wrong": f"it answered {said[:_MOST_CHARS]!r}; right is {expected}{source}",
        }
        points = {"right": 1.0, "abstained": 0.0, "wrong": -self.penalty}[result]
        return Grade(result == "right", reasons[result], (points + self.penalty) / (1 + self.penalty))

    def __repr__(self) -> str:
        return f"AnswerIs({self.question.answer[0]!r})"

    def result(self, trial: AnyTrial) -> Result:
        """Return if the trial's answer is right or wrong, or that it gave none: silence is no wrong answer either."""
        said = self.said(trial)
        if said in self.question.choices:
            return "right" if said in self.question.answer else "wrong"
        if not self.question.choices and any(_is_short_answer(said, one) for one in self.question.answer):
            return "right"
        return "abstained" if not said or _ABSTAINED.search(said) else "wrong"

    def said(self, trial: AnyTrial) -> str:
        """Return the choice that a trial chose, or its text."""
        text = "" if trial.output is None else shown_text(trial.output).strip()
        return _chosen(text, self.question.choices) or " ".join(_LEAD.sub("", text).split())


def question_prompt(question: Question) -> str:
    """Return the prompt of a question, its choices with letters before them."""
    lines = [f"{letter}. {choice}" for letter, choice in zip(LETTERS, question.choices, strict=False)]
    return "\n".join([question.question.strip(), *(["", *lines] if lines else [])])


def shuffled(question: Question, seed: int) -> Question:
    """Return a question with its choices in another order, the same for the same seed.

    Choices that speak of all others stay behind them; where one names others by letters, no choice moves.
    """
    if any(_NAMES_LETTERS.search(choice) for choice in question.choices):
        return question
    choices = [choice for choice in question.choices if not _SPEAKS_OF_ALL.search(choice)]
    Random(f"{seed}\0{question.question}").shuffle(choices)  # noqa: S311 - an order, no secret
    choices += [choice for choice in question.choices if _SPEAKS_OF_ALL.search(choice)]
    return Question(
        question=question.question,
        choices=tuple(choices),
        answer=question.answer,
        category=question.category,
        source=question.source,
    )


def _chosen(text: str, choices: tuple[str, ...]) -> str:
    """Return the choice that a text names by its letter, or that is all it says. Empty: none."""
    letters = dict(zip(LETTERS, choices, strict=False))
    found = _LONE_LETTER.fullmatch(text)
    named = [found[1].upper()] if found else []
    for pattern in (_NAMED_LETTER, _BOXED_LETTER):
        named = named or [one["letter"] for one in pattern.finditer(text) if one["letter"] in letters]
    if named:  # the last one, as a model may correct itself
        return letters.get(named[-1], "")
    said = plain_text(_LEAD.sub("", text))
    return next((choice for choice in choices if plain_text(choice) == said), "")


def _is_short_answer(said: str, expected: str | float) -> bool:
    if isinstance(expected, str):
        return plain_text(said) == plain_text(expected)
    return is_near(said, expected)
