"""A classifier as the check of a guardrail: its labels become verdicts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.errors import RunIncomplete
from agentkit.run.guardrails.verdicts import Block, Caution, Pass, Verdict

if TYPE_CHECKING:
    from agentkit.patterns.classify.decision import Decision
    from agentkit.run.guardrails.guardrail import Seen


@dataclass(frozen=True, slots=True)
class LabelCheck:
    """The check of a guardrail by the label of what it sees."""

    name: str
    """The name of the classifier."""
    decide: Callable[[str], Awaitable[Decision]]
    """The classifier."""
    categories: Mapping[str, str]
    """Label -> meaning."""
    block: Mapping[str, str | None]
    """Labels that block, with the reply."""
    caution: Mapping[str, str | None]
    """Labels that give a caution, with the note."""

    async def __call__(self, seen: Seen) -> Verdict:
        """Return the verdict. Raises RunIncomplete for an abstention, so that the guardrail's `on_error` decides."""
        decision = await self.decide(seen.text)
        label = decision.label
        if label is None:
            outcome = decision.results[0].outcome
            raise RunIncomplete(f"The classifier {self.name!r} abstains. {decision.reason}", outcome=outcome)
        described = f"{label}: {self.categories[label]}" if self.categories[label] else label
        if label in self.block:
            return Block(f"The classifier {self.name!r} says: {described}", reply=self.block[label])
        if label in self.caution:
            note = self.caution[label] or f"A check says that this may be {described}. Go on with care."
            return Caution(note)
        return Pass()


def with_texts(labels: Mapping[str, str] | Collection[str]) -> Mapping[str, str | None]:
    """Return labels with their texts; None for those that have none."""
    return {**labels} if isinstance(labels, Mapping) else dict.fromkeys(labels)
