"""Questions from a file of JSON lines, one a line; what is wrong with a line is named with its number.

{"question": "Which gas do plants take in?", "choices": ["oxygen", "carbon dioxide"], "answer": "carbon dioxide"}
{"question": "How many bones has a hand?", "answer": 27, "category": "anatomy", "source": "Gray's Anatomy"}
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, cast

from agentkit.errors import UsageError
from agentkit.messages.strict_json import parse_strict
from agentkit.schema.validation.did_you_mean import nearest_word

if TYPE_CHECKING:
    from agentkit.messages.message import JSON

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with its answer."""

    question: str
    """The question."""
    choices: tuple[str, ...] = ()
    """The choices, one of which is right. Empty: the answer is a short text or a number."""
    answer: tuple[str | float, ...]
    """The right choice; or the short answers that are right, of which one is enough."""
    category: str = ""
    """The kind of question, for breakdowns."""
    source: str = ""
    """The place that shows the answer, for those who read the report."""


def read_questions(path: str | PathLike[str]) -> list[Question]:
    """Return the questions of a file of JSON lines.

    The members of a line are `question`, `choices`, `answer`, `category` and `source`. With `choices`, the answer is
    one of them, its letter, or its place from 0; without, a text, a number, or a list of texts of which each is right.

    Args:
        path: The file.

    Raises:
        UsageError: The file cannot be read, has no question, or a line is none; the text names the line.
    """
    name = fspath(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The questions in {name!r} cannot be read: {error}.") from None
    found: list[Question] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                found.append(_question_of(line))
            except _LineError as error:
                raise UsageError(f"{name!r}, line {number}: {error}") from None
    if not found:
        raise UsageError(f"{name!r} has no question: each line is one, as JSON.")
    return found


class _LineError(Exception):
    """A line that is no question; its text says why."""


def _question_of(line: str) -> Question:
    try:
        value: JSON = parse_strict(line)
    except (ValueError, RecursionError) as error:
        raise _LineError(f"it is no JSON ({error}).") from None
    if not isinstance(value, dict):
        raise _LineError('it is no object like {"question": "...", "answer": "..."}.')
    known = [one.name for one in fields(Question)]
    for name in value:
        if name not in known:
            near = nearest_word(name, known)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}."
            raise _LineError(f"it has an unknown member {name!r}; {hint}")
    question = _text_in(value, "question")
    if not question.strip():
        raise _LineError("it needs a 'question'.")
    choices = _choices_in(value)
    if value.get("answer") in (None, "", []):
        raise _LineError("it needs an 'answer'.")
    answer = (_right_choice(value["answer"], choices),) if choices else tuple(_short_answers(value["answer"]))
    category, source = _text_in(value, "category"), _text_in(value, "source")
    return Question(question=question, choices=choices, answer=answer, category=category, source=source)


def _text_in(value: Mapping[str, JSON], name: str) -> str:
    text = value.get(name)
    if text is not None and not isinstance(text, str):
        raise _LineError(f"{name!r} is no text.")
    return text or ""


def _choices_in(value: Mapping[str, JSON]) -> tuple[str, ...]:
    choices = value.get("choices")
    if choices is None:
        return ()
    if not isinstance(choices, list) or not 2 <= len(choices) <= len(LETTERS):
        raise _LineError(f"'choices' is no list of 2 to {len(LETTERS)} texts.")
    texts = tuple(_plain(one, "'choices'") for one in choices)
    if len({text.casefold() for text in texts}) < len(texts):
        raise _LineError("two of the 'choices' are the same.")
    return texts


def _right_choice(answer: JSON, choices: tuple[str, ...]) -> str:
    said = _plain(answer, "'answer'")
    for choice in choices:
        if choice.casefold() == said.casefold():
            return choice
    letter = said.upper() if len(said) == 1 and said.isalpha() else ""
    place = answer if isinstance(answer, int) else LETTERS.find(letter) if letter else -1
    if not 0 <= place < len(choices):
        raise _LineError(f"the 'answer' {answer!r} is none of the 'choices', nor the letter or the place of one.")
    return choices[place]


def _short_answers(answer: JSON) -> Iterator[str | float]:
    for one in answer if isinstance(answer, list) else [answer]:
        if isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one):
            yield one
        else:
            yield _plain(one, "'answer'")


def _plain(value: JSON, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not str(value).strip():
        raise _LineError(f"{name} holds {value!r}, which is neither a text nor a number.")
    return " ".join(str(cast("str | float", value)).split())
