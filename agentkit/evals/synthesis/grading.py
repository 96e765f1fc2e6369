"""The graders of answers: complete, correct, and shown by true quotes. None of them takes a claim for its proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from agentkit.evals.grade import Grade
from agentkit.evals.graders.outputs import plain_text
from agentkit.evals.synthesis.answer import Answer, Quote
from agentkit.evals.synthesis.corpus import corpus_of
from agentkit.evals.synthesis.questions import Evidence, Expected
from agentkit.patterns.quotes.matching import find_quote
from agentkit.tools.serialization import json_text

if TYPE_CHECKING:
    from agentkit.evals.trial import AnyTrial

_MOST_CHARS_OF_A_QUOTE = 600
_LEAST_OVERLAP_CHARS = 20
_NO_ANSWER = Grade(passed=False, reason="there is no answer of the type that the task asks for", score=0.0)
_answers: TypeAdapter[Answer] = TypeAdapter(Answer)


@dataclass(frozen=True, slots=True)
class Complete:
    """The grader of completeness: every ship that belongs to the answer is in it."""

    expected: Expected = field(repr=False)
    """The answer as it ought to be."""

    def __call__(self, trial: AnyTrial) -> Grade:
        """Return the grade; the score is the share of the ships that are there."""
        if (answer := _answer_in(trial)) is None:
            return _NO_ANSWER
        missing = _lacking(self.expected.names, [one.name for one in answer.items])
        missing += [f"{name} (absent)" for name in _lacking(self.expected.absent, answer.absent)]
        share = 1 - len(missing) / (len(self.expected.names) + len(self.expected.absent))
        return Grade(not missing, f"missing: {', '.join(missing)}" if missing else "", share)


@dataclass(frozen=True, slots=True)
class Correct:
    """The grader of correctness: no ship is invented or repeated, and number and order are right."""

    expected: Expected = field(repr=False)
    """The answer as it ought to be."""

    def __call__(self, trial: AnyTrial) -> Grade:
        """Return the grade; the score is the share of right statements."""
        if (answer := _answer_in(trial)) is None or not (answer.items or answer.absent):
            return _NO_ANSWER
        names = [one.name for one in answer.items]
        problems = [f"{name} does not belong there" for name in _lacking(names, self.expected.names)]
        problems += [f"{name} is not absent" for name in _lacking(answer.absent, self.expected.absent)]
        said = [_folded(name) for name in (*names, *answer.absent)]
        problems += [f"{name} is there twice" for name in dict.fromkeys(said) if said.count(name) > 1]
        if self.expected.number is not None and answer.number != self.expected.number:
            problems.append(f"the number is {answer.number}, not {self.expected.number}")
        known = [_folded(name) for name in self.expected.names]
        common = [name for name in map(_folded, names) if name in known]
        if self.expected.is_ordered and common != sorted(common, key=known.index):
            problems.append(f"the order is {', '.join(names)}, not {', '.join(self.expected.names)}")
        statements = len(said) + (self.expected.number is not None) + self.expected.is_ordered
        return Grade(not problems, "; ".join(problems), max(0.0, 1 - len(problems) / statements))


@dataclass(frozen=True, slots=True)
class Cited:
    """The grader of citations: all quotes are true, and for each ship they show all that makes it belong there."""

    expected: Expected = field(repr=False)
    """The answer as it ought to be."""
    tokens: int = field(repr=False)
    """The size of the corpus."""
    seed: int = field(repr=False)
    """The seed of the corpus."""

    def __call__(self, trial: AnyTrial) -> Grade:
        """Return the grade; the score is the share of evidence that is shown, times that of true quotes."""
        if (answer := _answer_in(trial)) is None:
            return _NO_ANSWER
        texts = {one.id: one.text for one in corpus_of(self.tokens, self.seed).documents}
        quotes = [quote for item in answer.items for quote in item.quotes]
        false = [problem for quote in quotes if (problem := _problem_of(quote, texts))]
        by_name = {_folded(item.name): item.quotes for item in answer.items}
        missing: list[str] = []
        for name, needed in zip(self.expected.names, self.expected.evidence, strict=True):
            given = by_name.get(_folded(name), [])
            missing += [f"{name}: {one.passages[0][1]!r}" for one in needed if not _is_shown(one, given)]
        count = sum(map(len, self.expected.evidence))
        problems = [*false, *(f"not shown for {one}" for one in missing)]
        more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
        score = (1 - len(missing) / count) * (1 - len(false) / max(1, len(quotes)))
        return Grade(not problems, "; ".join(problems[:3]) + more, score)


def _answer_in(trial: AnyTrial) -> Answer | None:
    """Return the answer in an output, also where that is a text, or was kept as JSON. None: it is none."""
    output = trial.output
    if isinstance(output, Answer):
        return output
    try:
        return _answers.validate_json(output if isinstance(output, str) else json_text(output))
    except ValidationError:
        return None


def _folded(name: str) -> str:
    return plain_text(name).removeprefix("the ")


def _lacking(names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return the names that are not among the others."""
    known = {_folded(name) for name in others}
    return [name for name in names if _folded(name) not in known]


def _problem_of(quote: Quote, texts: Mapping[str, str]) -> str:
    """Return the reason why a quote is no true one. Empty: it is."""
    shown = repr(quote.quote if len(quote.quote) <= 100 else f"{quote.quote[:100]}...")
    if quote.document not in texts:
        return f"there is no document {quote.document!r} to quote {shown} from"
    if len(quote.quote) > _MOST_CHARS_OF_A_QUOTE:
        return f"{shown} is too long for a quote: {len(quote.quote)} characters"
    return "" if find_quote(quote.quote, texts[quote.document]) else f"{quote.document} does not hold {shown}"


def _is_shown(evidence: Evidence, quotes: Sequence[Quote]) -> bool:
    """Return True if a quote holds a good part of one of the sentences of the evidence."""
    for passage, sentence in evidence.passages:
        start = passage.text.index(sentence)
        for quote in quotes:
            if quote.document != passage.document or len(quote.quote) > _MOST_CHARS_OF_A_QUOTE:
                continue
            span = find_quote(quote.quote, passage.text)
            overlap = 0 if span is None else min(span.end, start + len(sentence)) - max(span.start, start)
            if overlap >= _LEAST_OVERLAP_CHARS or find_quote(sentence, quote.quote):
                return True
    return False
