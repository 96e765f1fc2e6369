"""The result of writing by examples: the text, what it took, and what it has copied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, cast

from typing_extensions import TypeVar

from agentkit.patterns.few_shot.copying import CopyCheck
from agentkit.patterns.few_shot.examples import Examples
from agentkit.run.result import RunResult
from agentkit.tools.serialization import plain_data

if TYPE_CHECKING:
    from agentkit.budget.usage import Cost, Usage

Out_co = TypeVar("Out_co", default=str, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenText(Generic[Out_co]):
    """A text that was written like some examples."""

    text: str
    """The text; of a typed output, its texts. Empty: there is none."""
    copying: CopyCheck
    """The check of what it has copied from the examples, all of them."""
    most_copied: float
    """The share that it may copy."""
    examples: Examples
    """The examples that the writer was shown."""
    is_selection: bool
    """True if they were selected, because all of them are more than the limit."""
    run: RunResult[Out_co] = field(repr=False)
    """The run of the writer."""

    @property
    def output(self) -> Out_co | None:
        """The output of the writer. None: it has none."""
        return None if self.run.answer is None else self.run.answer.value

    @property
    def copied_share(self) -> float:
        """The share of the text's n-grams that stand in an example, 0 to 1."""
        return self.copying.share

    @property
    def cost(self) -> Cost:
        """The price of the writer, its rewrites included."""
        return self.run.cost.total

    @property
    def usage(self) -> Usage:
        """The tokens of the writer."""
        return self.run.usage

    @property
    def ok(self) -> bool:
        """True if the text is complete, and copies no more than it may."""
        return not self.reason

    @property
    def reason(self) -> str:
        """The reason why the text is not as it ought to be. Empty: `ok` is True."""
        if self.copying.share > self.most_copied:
            return copying_text(self.copying, self.most_copied)
        return "" if self.run.ok else self.run.reason or f"The run ended {self.run.outcome}."

    def __str__(self) -> str:
        """Return the text, and what is not right with it."""
        return "\n\n".join(filter(None, (self.text, self.reason)))


def copying_text(check: CopyCheck, most: float) -> str:
    """Return what a text has copied, in sentences for people and for the model that wrote it."""
    quoted = (f'"{" ".join(one.text.split())[:300]}" ({one.words} words, from {one.example})' for one in check.passages)
    shown = "; ".join([one for one, _ in zip(quoted, range(3), strict=False)])
    return f"{check.share:.0%} of the text is copied from the examples, and {most:.0%} may be: {shown}."


def texts_of_output(output: object) -> str:
    """Return the texts in an output, whatever its type."""
    return output if isinstance(output, str) else "\n".join(_texts_in(plain_data(output)))


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts_in(list(cast("dict[str, object]", value).values()))
    elif isinstance(value, list):
        for one in cast("list[object]", value):
            yield from _texts_in(one)
