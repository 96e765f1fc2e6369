"""An example: a text with the label that somebody gave it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from agentkit.errors import UsageError


@dataclass(frozen=True, slots=True)
class Example:
    """A text with the label that somebody gave it."""

    text: str
    """The text."""
    label: str
    """The label that it ought to get."""
    score: float = 0.0
    """The likeness to the text that was looked up; it compares examples of one search, nothing else. 0: none."""


LabelledTexts: TypeAlias = "Mapping[str, str] | Iterable[tuple[str, str] | Example]"
"""Texts with their labels: a dictionary, pairs, or each an Example."""


def pairs_of(examples: LabelledTexts) -> tuple[tuple[str, str], ...]:
    """Return examples as pairs of text and label. Raises UsageError for what is no text with its label."""
    given = cast("object", examples)
    if isinstance(given, Mapping):
        given = cast("Mapping[object, object]", given).items()
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise UsageError(f"examples={examples!r}: it takes texts with their labels, or ExampleStore.load({examples!r})")
    pairs: list[tuple[str, str]] = []
    for one in cast("Iterable[object]", given):
        pair = (one.text, one.label) if isinstance(one, Example) else one
        if not isinstance(pair, tuple | list) or len(cast("Sequence[object]", pair)) != 2:
            raise UsageError(f"examples=...: {one!r} is no pair of a text and its label")
        text, label = cast("tuple[str, str]", pair)
        check_example(text, label)
        pairs.append((text, label))
    return tuple(pairs)


def check_example(text: object, label: object) -> None:
    """Raise UsageError for a text or a label that is none, or blank."""
    for name, value in (("text", text), ("label", label)):
        if not isinstance(value, str) or not value.strip():
            raise UsageError(f"{name}={value!r}: an example needs a text and a label, neither blank")
