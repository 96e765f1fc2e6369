"""Agreement of several answers as a check: self-consistency (Wang et al., 2022, arXiv:2203.11171), and no ties."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, cast

from typing_extensions import TypeVar

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSON
from agentkit.schema.validation.unknown_options import refuse_unknown_fields

Out = TypeVar("Out", default=str)

_OPENING, _CLOSING = "\"'`*([{\u201c\u2018\u00ab", "\"'`*)]}\u201d\u2019\u00bb.!,;:"
"""The characters that may stand around an answer. A point before it belongs to it, as in .5, and so does a minus."""
_SHOWN_CHARS, _SHOWN_ANSWERS = 120, 5


@dataclass(frozen=True)
class Agreement(Generic[Out]):
    """A check: so many answers of a level, each from a conversation of its own, have to agree.

    As many as have to agree are asked for first, and more only while they still can. Agreement is no truth: answers
    that share a mistake agree, too. Raises DefinitionError where it cannot work.
    """

    answers: int = 3
    """The most answers of a level."""
    agreeing: int | None = None
    """The answers that have to agree, more than half. None: just more than half."""
    key: Callable[[Out], Hashable] | None = None
    """Returns what has to be the same of two answers. None: the answer itself, but for case, white space, and quotation
    marks, brackets, asterisks and full stops around texts."""

    def __post_init__(self) -> None:
        answers, needed = cast("object", self.answers), cast("object", self.agreeing)
        if not isinstance(answers, int) or isinstance(answers, bool) or answers < 2:
            raise DefinitionError(f"Agreement(answers={answers!r}): it takes a whole number, 2 or more.")
        if needed is not None and (not isinstance(needed, int) or not answers / 2 < needed <= answers):
            raise DefinitionError(
                f"Agreement(answers={answers}, agreeing={needed!r}): it takes more than half of the answers, "
                f"{answers // 2 + 1} to {answers}, so that no two groups can win."
            )

    @property
    def needed(self) -> int:
        """The answers that have to agree."""
        return self.agreeing or self.answers // 2 + 1

    def missing(self, groups: Sequence[Sequence[object]], asked: int) -> int:
        """Return the number of answers to ask for next. 0: enough agree, or too few still can.

        Args:
            groups: The answers so far; those of a group agree.
            asked: The answers that were asked for; some may have failed.
        """
        wanted = self.needed - max(map(len, groups), default=0)
        return wanted if 0 < wanted <= self.answers - asked else 0


refuse_unknown_fields(Agreement, "Agreement(...)")


def same_answer_key(plain: JSON) -> str:
    """Return a text that is the same for answers that say the same in another form.

    Args:
        plain: The answer as JSON.
    """
    return json.dumps(_folded(plain), sort_keys=True, ensure_ascii=False)


def _folded(plain: JSON) -> JSON:
    if isinstance(plain, str):
        text = " ".join(unicodedata.normalize("NFKC", plain).split())
        return (text.lstrip(_OPENING).rstrip(_CLOSING) or text).casefold()
    if isinstance(plain, dict):
        return {key: _folded(value) for key, value in plain.items()}
    return [_folded(value) for value in plain] if isinstance(plain, list) else plain


def disagreement_text(groups: Sequence[Sequence[str]], asked: int, needed: int) -> str:
    """Return the reason why answers do not agree, with the answers, the most frequent first.

    Args:
        groups: The answers as texts; those of a group agree.
        asked: The answers that were asked for.
        needed: The answers that have to agree.
    """
    ordered = sorted(groups, key=len, reverse=True)
    most = len(ordered[0]) if ordered else 0
    shown = [f"{len(group)} x {' '.join(group[0].split())[:_SHOWN_CHARS]!r}" for group in ordered[:_SHOWN_ANSWERS]]
    more = [f"and {len(ordered) - _SHOWN_ANSWERS} others"] if len(ordered) > _SHOWN_ANSWERS else []
    failed = asked - sum(map(len, groups))
    without = [f"{failed} without an answer"] if failed else []
    said = ", ".join([*shown, *more, *without])
    return f"Of {asked} answers at most {most} agree, and {needed} have to: {said}."
