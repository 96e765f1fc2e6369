"""The grader of citations: every quote has to stand in the document that it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from agentkit.errors import DefinitionError
from agentkit.evals.grade import Grade
from agentkit.messages.printable import plural
from agentkit.patterns.quotes.verification import Documents, Quoted, quotes_of, texts_by_id, verify_quotes
from agentkit.patterns.quotes.written_quotes import check_written_quotes

if TYPE_CHECKING:
    from agentkit.evals.trial import AnyTrial

DocumentsOfWorld: TypeAlias = "Callable[[Any], Documents]"
"""Returns the documents of the world that a try left behind."""
_MOST_SHOWN = 3
_MOST_CHARS = 120


@dataclass(frozen=True, slots=True)
class _Cites:
    documents: tuple[tuple[str, str], ...] | DocumentsOfWorld = field(repr=False)
    at_least: int

    def __call__(self, trial: AnyTrial) -> Grade:
        documents = self.documents
        texts = texts_by_id(documents(trial.world)) if callable(documents) else dict(documents)
        output = trial.output
        quotes = _written_quotes(output, str(trial.input)) if isinstance(output, str) else [*quotes_of(output)]
        problems: list[str] = []
        false = 0
        for quoted in quotes:
            verified = verify_quotes([quoted], texts)
            false += bool(verified.dropped or verified.misplaced)
            if verified.dropped:
                problems.append(f"no document holds {_shown(quoted.quote)}")
            elif verified.misplaced:
                where = verified.citations[0].document
                problems.append(f"{_shown(quoted.quote)} stands in {where}, not {quoted.document}")
        if len(quotes) < self.at_least:
            problems.insert(0, f"expected at least {plural(self.at_least, 'quote')}, found {len(quotes)}")
        more = f"; and {len(problems) - _MOST_SHOWN} more" if len(problems) > _MOST_SHOWN else ""
        share = (len(quotes) - false) / max(len(quotes), self.at_least, 1)
        return Grade(not problems, "; ".join(problems[:_MOST_SHOWN]) + more, 1.0 if not problems else share)


def cites(documents: Documents | DocumentsOfWorld, at_least: int = 1) -> _Cites:
    """Return a grader of citations: every quote has to stand word for word in the document that it names.

    Quotes are the fields `quote` and `quotes` of the output, at any depth, each with a `document` beside it if the
    place counts; in a text, what stands between quotation marks. The score is the share of true quotes.

    Args:
        documents: The documents, texts by id, or a function of the world that returns them.
        at_least: The least number of quotes, so that an answer without any does not pass.

    Raises:
        DefinitionError: The number is below 0.
    """
    if at_least < 0:
        raise DefinitionError(f"cites(at_least={at_least}): the least number of quotes is a number from 0.")
    return _Cites(documents if callable(documents) else tuple(texts_by_id(documents).items()), at_least)


def _written_quotes(text: str, asked: str) -> list[Quoted]:
    """Return the quotes in a text, but for those of the question: without documents, none of them is found."""
    return check_written_quotes(text, (), {}, asked)[1]


def _shown(quote: str) -> str:
    return repr(quote if len(quote) <= _MOST_CHARS else f"{quote[:_MOST_CHARS]}...")
