"""The options and the result of a funnel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias

from typing_extensions import TypedDict, TypeVar

from agentkit.budget.usage import Cost, Usage
from agentkit.messages.printable import plural
from agentkit.patterns.quotes.verification import Citation, Quoted
from agentkit.patterns.reading.plan import Actual, Plan
from agentkit.patterns.sources import Gap

if TYPE_CHECKING:
    from agentkit.budget.budget import Budget
    from agentkit.models.overriding_client import Client
    from agentkit.run.steps import StepsStore

Out_co = TypeVar("Out_co", default=object, covariant=True)

_NAMED_GAPS = 10
"""The most gaps of one reason that are named in a text."""
FunnelStage: TypeAlias = Literal["queries", "search", "filter", "evidence", "reduction", "writing"]
"""The stages of a funnel, in order."""


@dataclass(frozen=True, slots=True)
class StageReport:
    """The report of a stage: what it took, left, and cost."""

    name: FunnelStage
    """The stage."""
    unit: str
    """The unit of what it took and left, in the plural."""
    in_: int
    """The number of what it took."""
    out: int
    """The number of what it left for the next stage."""
    cost: Cost
    """The price of its requests, those that a journal or a file of kept results answered included."""
    seconds: float
    """Seconds that it lasted."""

    @property
    def share(self) -> float:
        """The share that it left, from 0 to 1. NaN: it took nothing."""
        return self.out / self.in_ if self.in_ else float("nan")

    def __str__(self) -> str:
        share = f" ({self.share:.1%})" if self.in_ else ""
        return f"{self.name}: {self.in_:,} {self.unit} in, {self.out:,} out{share}, {self.cost}, {self.seconds:.1f} s"


@dataclass(frozen=True, slots=True)
class QueryCount:
    """A query of the writer, and what it finds."""

    query: str
    """The query."""
    messages: int = 0
    """Number of messages that it finds."""
    threads: int = 0
    """Number of their threads."""
    problem: str = ""
    """The place and the reason where it cannot be parsed. Empty: it can."""

    def __str__(self) -> str:
        found = f"{plural(self.messages, 'message')} in {plural(self.threads, 'thread')}"
        return f"{self.query}: {self.problem or found}"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a profile, and the messages that it stands on."""

    section: str
    """The name of the section: of a field of the outline."""
    text: str
    """The statement."""
    quotes: tuple[Citation, ...]
    """Passages that stand in the messages: `quote` is in the text of the message `document`."""

    @property
    def messages(self) -> tuple[str, ...]:
        """The ids of the messages."""
        return tuple(dict.fromkeys(quote.document for quote in self.quotes))


@dataclass(frozen=True, slots=True)
class FunnelProgress:
    """The progress of a funnel."""

    stage: FunnelStage
    """The stage that it is in."""
    done: int = 0
    """Requests of the stage that have ended."""
    total: int = 0
    """Requests of the stage. 0: not known."""
    cost: Cost = field(default_factory=Cost)
    """The cost so far."""
    plan: Plan | None = None
    """The plan, once it is made."""
    report: StageReport | None = None
    """The report of the stage, once it has ended."""


class FunnelOptions(TypedDict, total=False):
    """Options of `funnel` and `plan_funnel`."""

    client: Client | None
    """Any async client of the official SDK, for all agents. Default: each agent's own."""
    budget: Budget | None
    """A limit on all agents together. It is held against the upper price of the plan, and the least relevant threads
    wait; what the others cost less is spent on them, unless `batch` is true. What does not even cover the upper price
    of one thread and the profile is turned down."""
    concurrency: int
    """The most readers at once. Default: 16; with `batch`, 1,000."""
    batch: bool
    """True: the requests of the readers are made in message batches, at half the price; see `Agent.map`."""
    most_threads: int | None
    """The most threads to read, those that most queries find. Default: all that are found."""
    evidence_tokens: int
    """The most tokens of evidence that the writer gets; more is reduced before. Default: 60,000."""
    queries: Sequence[str] | None
    """The queries; one that cannot be parsed raises QueryError. Default: the writer writes them."""
    kept: str | PathLike[str] | None
    """A file that keeps what readers and writer returned by content, whatever the run: an unchanged thread costs
    nothing again. Default: nothing is kept."""
    journal: str | PathLike[str] | StepsStore | None
    """Records all runs: the path of a file, or a Journal. Each is known by its content, so that a call that is repeated
    after its process died, or when the mailbox has grown, pays for no request twice. Default: nothing is recorded."""
    again: bool
    """True: runs of the journal that ended `failed`, for the API or the connection, go on from the request that failed.
    What the model itself ended, such as a refusal, stays. Default: they stay failed."""
    run_id: str | None
    """The beginning of the ids of all runs. Default: made from the goal, the outline and the agents."""
    progress: Callable[[FunnelProgress], None] | None
    """Called whenever the funnel gets on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelResult(Generic[Out_co]):
    """A profile, with the messages that each of its statements stands on."""

    profile: Out_co | None
    """An instance of the outline, in which each statement stands on messages. None: it could not be written."""
    statements: tuple[Statement, ...]
    """The statements of the profile, section by section."""
    stages: tuple[StageReport, ...]
    """The reports of the stages, in order."""
    queries: tuple[QueryCount, ...]
    """The queries, with what they find."""
    dropped: int
    """Quotes of readers that stand in no message of their thread, and statements without evidence."""
    rejected: tuple[Quoted, ...] = field(repr=False)
    """Quotes and statements that were dropped; a statement has its section as `document`."""
    gaps: tuple[Gap, ...]
    """Threads, messages and sections that were not read or written, with the reasons."""
    plan: Plan
    """The plan as it was made from the threads that were found. Its documents are threads."""
    actual: Actual
    """The effort in the end."""
    cost: Cost
    """The price of all agents, with what earlier calls have paid for what a journal or `kept` answers."""
    new_cost: Cost = field(default_factory=Cost)
    """The part of it that this call has paid."""
    usage: Usage
    """Tokens of all agents."""
    reason: str = ""
    """The reason why there is no profile, or that something was not read. Empty: `ok` is True."""

    @property
    def ok(self) -> bool:
        """True if there is a profile, and every thread of the plan was read."""
        return self.profile is not None and not self.gaps

    def __str__(self) -> str:
        """Return the statements by section with the messages that they stand on, and what was not read."""
        parts: list[str] = [] if self.statements else [self.reason or "Nothing was found."]
        for section in dict.fromkeys(one.section for one in self.statements):
            lines = [f"- {one.text} [{', '.join(one.messages)}]" for one in self.statements if one.section == section]
            parts.append("\n".join([f"## {section.replace('_', ' ').capitalize()}", "", *lines]))
        if self.gaps:
            parts.append("\n".join(f"Not read: {line}" for line in gap_lines(self.gaps)))
        return "\n\n".join(parts)


def gap_lines(gaps: Sequence[Gap]) -> list[str]:
    """Return a line for each reason why something was not read: how much it is, and the first of it by name."""
    by_reason: dict[str, list[str]] = {}
    for gap in gaps:
        by_reason.setdefault(gap.reason, []).append(gap.document)
    lines: list[str] = []
    for reason, names in by_reason.items():
        more = len(names) - _NAMED_GAPS
        named = ", ".join(names[:_NAMED_GAPS]) + (f" and {more:,} more" if more > 0 else "")
        lines.append(f"{named} ({reason})")
    return lines
