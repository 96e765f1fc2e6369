"""The options and the result of a reading of many documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias

from typing_extensions import TypedDict, TypeVar

from agentkit.budget.usage import Cost, Usage
from agentkit.patterns.quotes.verification import Citation, Quoted
from agentkit.patterns.reading.plan import Actual, Plan
from agentkit.patterns.sources import Gap, sendable

if TYPE_CHECKING:
    from agentkit.budget.budget import Budget
    from agentkit.budget.cache_report import CacheBreak
    from agentkit.models.overriding_client import Client
    from agentkit.run.result import RunResult
    from agentkit.run.steps import StepsStore

Out_co = TypeVar("Out_co", default=str, covariant=True)

Stage: TypeAlias = Literal["documents", "reading", "verifying", "reducing", "writing"]
"""The stages of a reading, in order."""


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """The progress of a reading."""

    stage: Stage
    """The stage that it is in."""
    done: int = 0
    """Requests of the stage that have ended; documents in the first stage."""
    total: int = 0
    """Requests of the stage. 0: not known."""
    cost: Cost = field(default_factory=Cost)
    """The cost so far."""
    plan: Plan | None = None
    """The plan, once it is made."""


class ReadOptions(TypedDict, total=False):
    """Options of `read_many` and `plan_reading`."""

    client: Client | None
    """Any async client of the official SDK, for all agents. Default: each agent's own."""
    budget: Budget | None
    """A limit on all agents together. The plan is trimmed to it, the least relevant documents last; what does not even
    cover one request and the answer is turned down."""
    concurrency: int
    """The most readers at once. Default: 16; with `batch`, 1,000, whose prompts are in memory together."""
    batch: bool
    """True: the requests of the readers are made in message batches, at half the price; see `Agent.map`. They may take
    hours: give a `journal`. Default: they are made directly."""
    batch_wait_s: float
    """Seconds after which a batch is given up, and what it did not come to is requested directly. Default: a day."""
    most_documents: int | None
    """The most documents to read, chosen by BM25 over their words. Be generous: ranking by words alone misses many.
    Default: all are read."""
    pack_tokens: int
    """Tokens of documents in one request. Default: 16,000."""
    evidence_tokens: int
    """The most tokens of evidence that the writer gets; more is reduced before. Default: 60,000."""
    kept: str | PathLike[str] | None
    """A file that keeps evidence by content: a text that was read before, for the same question by the same reader,
    costs nothing again, also after a run that was killed. Default: nothing is kept."""
    journal: str | PathLike[str] | StepsStore | None
    """Records all runs of the reading, so that the very same call goes on where its process died and pays for no
    document twice: the path of a file, or a Journal. With other documents, or a budget that leaves others, it reads
    anew: that is what `kept` is for. Default: nothing is recorded."""
    again: bool
    """True: runs of the journal that ended `failed`, for the API or the connection, go on from the request that failed.
    What the model itself ended, such as a refusal, stays. Default: they stay failed."""
    run_id: str | None
    """The beginning of the ids of all runs. Default: made from the question and the documents, so that the same reading
    finds its records in the journal again."""
    progress: Callable[[ReadProgress], None] | None
    """Called whenever the reading gets on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult(Generic[Out_co]):
    """The result of reading many documents."""

    answer: Out_co | None
    """The writer's output. In a text, false quotes and sentences without evidence are marked. None: it has none."""
    citations: tuple[Citation, ...]
    """The evidence that the writer was given, each a passage that stands in its document; `[1]` in the answer is the
    first of them."""
    cited: tuple[int, ...]
    """The numbers that the answer names."""
    dropped: int
    """Quotes of readers and of the writer that no document holds; none of them is shown."""
    misplaced: int
    """Quotes of readers that stand in another document than they said; they were moved there."""
    gaps: tuple[Gap, ...]
    """Documents, and parts of them, that were not read, with the reasons."""
    plan: Plan
    """The plan as it was before anything was sent."""
    actual: Actual
    """The effort in the end."""
    cost: Cost
    """The price of all agents."""
    usage: Usage
    """Tokens of all agents."""
    found: tuple[Citation, ...] = field(default=(), repr=False)
    """All verified evidence of the readers, before it was reduced to what the writer takes."""
    rejected: tuple[Quoted, ...] = ()
    """The quotes that were dropped."""
    uncited: tuple[str, ...] = ()
    """Sentences of the answer that name no evidence."""
    cache_breaks: tuple[CacheBreak, ...] = field(default=(), repr=False)
    """Requests that missed the prompt cache where they should have hit it."""
    writer: RunResult[Any] | None = field(default=None, repr=False)
    """The run of the writer. None: it could not start."""
    reason: str = ""
    """The reason why there is no answer, or that documents were not read. Empty: `ok` is True."""

    @property
    def ok(self) -> bool:
        """True if there is an answer, and every document of the plan was read."""
        return self.answer is not None and not self.gaps

    def __str__(self) -> str:
        """Return the answer, its sources, and what was not read."""
        parts = [str(self.answer) if self.answer is not None else self.reason]
        for number in self.cited or range(1, len(self.citations) + 1):
            one = self.citations[number - 1]
            where = f", {one.place}" if one.place else ""
            parts.append(f'[{number}] {one.document}{where}, characters {one.start}-{one.end}: "{one.quote}"')
        if self.gaps:
            parts.append("Not read: " + "; ".join(f"{gap.document} ({gap.reason})" for gap in self.gaps))
        return "\n\n".join(parts)


MOST_GAPS_SHOWN = 100
"""Gaps that the writer reads by name: a folder may hold any number of pictures."""


def gaps_for_writer(gaps: Sequence[Gap]) -> str:
    """Return what was not read, as the writer reads it."""
    if not gaps:
        return "All documents were read."
    lines = [f"- {' '.join(f'{gap.document}: {gap.reason}'.split())}" for gap in gaps[:MOST_GAPS_SHOWN]]
    if more := len(gaps) - len(lines):
        lines.append(f"- and {more:,} more")
    return sendable("\n".join(("Documents that could not be read:", *lines)))


def not_read_text(gaps: Iterable[Gap]) -> str:
    """Return how many documents were not read, in a sentence. Empty: all were."""
    count = len({gap.document for gap in gaps})
    if count == 0:
        return ""
    return "1 document, or a part of it, was not read." if count == 1 else f"{count:,} documents were not read."
