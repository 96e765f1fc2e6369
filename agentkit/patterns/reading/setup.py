"""The preparation of a reading: documents stored, split, ranked and packed, known evidence found, the plan made."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agentkit.errors import BudgetExceeded
from agentkit.patterns.kept_results import agent_fingerprint
from agentkit.patterns.quotes.verification import Quoted
from agentkit.patterns.reading.document_store import DocumentStore
from agentkit.patterns.reading.kept_evidence import KeptEvidence
from agentkit.patterns.reading.packing import PACK_TOKENS, Pack, Part, pack_parts, picture_parts, split_into_parts
from agentkit.patterns.reading.plan import Plan, PlanRates
from agentkit.patterns.sources import Gap, Sources
from agentkit.retrieval.bm25 import Bm25

if TYPE_CHECKING:
    from os import PathLike

    from agentkit.agents.agent import Agent
    from agentkit.patterns.reading.result import ReadOptions

EVIDENCE_TOKENS = 60_000
"""Default tokens of evidence for the writer."""
_CONCURRENCY, _BATCH_CONCURRENCY = 16, 1_000
"""Readers at once by default: that send their requests directly, and in batches."""


@dataclass(frozen=True, slots=True)
class PreparedReading:
    """A reading before its first request."""

    question: str
    store: DocumentStore
    packs: list[Pack]
    """The requests to make."""
    plan: Plan
    kept_at: str | PathLike[str] | None
    reader: Agent[Any, Any, Any]
    """The reader as it was given, by which kept evidence is known."""
    known_quotes: list[Quoted] = field(default_factory=list[Quoted])
    """Evidence from earlier readings."""
    gaps: list[Gap] = field(default_factory=list[Gap])
    """Documents that the budget left out."""
    concurrency: int = _CONCURRENCY
    """The most readers at once."""
    content_id: str = ""
    """An id that differs where the question, the reader, the documents or their packing do."""

    def take_known(self, kept: KeptEvidence, part: Part) -> bool:
        """Add the kept evidence of a part. False: it was not read yet."""
        if (found := kept.found_in(self.store.content_of(part), part.document)) is None:
            return False
        self.known_quotes.extend(found)
        return True

    @contextmanager
    def open_kept(self) -> Generator[KeptEvidence | None]:
        """Open the file of kept evidence. None: there is none."""
        if self.kept_at is None:
            yield None
            return
        kept = KeptEvidence(self.kept_at, self.reader, self.question)
        try:
            yield kept
        finally:
            kept.close()


async def prepare_reading(
    store: DocumentStore,
    documents: Sources,
    question: str,
    reader: Agent[Any, Any, Any],
    writer: Agent[Any, Any, Any],
    options: ReadOptions,
) -> PreparedReading:
    """Store the documents, and plan the requests for them. Raises BudgetExceeded where not even one fits."""
    most, budget, batch = options.get("most_documents"), options.get("budget"), options.get("batch", False)
    pack_tokens, evidence = options.get("pack_tokens", PACK_TOKENS), options.get("evidence_tokens", EVIDENCE_TOKENS)
    concurrency = options.get("concurrency", _BATCH_CONCURRENCY if batch else _CONCURRENCY)
    parts: dict[str, list[Part]] = {}
    index = Bm25[str]()
    content = hashlib.sha256(f"{question}\0{agent_fingerprint(reader)}".encode(errors="replace"))
    is_ranked = most is not None or budget is not None

    def take(document: str, text: str) -> None:
        content.update(f"\0{document}\0{text}".encode(errors="replace"))
        parts[document] = split_into_parts(document, text, pack_tokens) if store.has_text(document) else []
        pages = picture_parts(document, text, store.pictures(document))
        for page in pages:
            content.update(store.page(document, page.page).data)
        parts[document] += pages
        if is_ranked:
            index.add(document, f"{store.title(document)}\n{text}")

    await store.fill(documents, take)
    ranked = _ranked(question, index, parts) if is_ranked else list(parts)
    chosen = {*ranked[:most]}
    draft = PreparedReading(question, store, [], _EMPTY_PLAN, options.get("kept"), reader, concurrency=concurrency)
    with draft.open_kept() as kept:
        known = [
            part
            for name in parts if name in chosen and kept is not None
            for part in parts[name] if draft.take_known(kept, part)
        ]  # fmt: skip
    is_known = {*known}.__contains__
    waiting = {name: [part for part in parts[name] if not is_known(part)] for name in parts if name in chosen}
    rates = PlanRates.of(reader, writer, question, concurrency, evidence, is_batched=batch)
    known_packs = [Pack((part,)) for part in known]
    over = _over_budget([name for name in ranked if waiting.get(name)], waiting, known_packs, rates, options)
    packs = pack_parts((part for name in waiting if name not in over for part in waiting[name]), pack_tokens)
    left_out = tuple(name for name in parts if name not in chosen or name in over)
    gaps = [Gap(name, f"left out: it could take more than {budget}") for name in parts if name in over]
    plan = rates.plan(packs, known_packs, left_out).within(budget)
    for pack in packs:
        content.update(repr(pack).encode(errors="replace"))
    return replace(draft, packs=packs, plan=plan, gaps=gaps, content_id=content.hexdigest()[:16])


_EMPTY_PLAN = Plan(0, 0, 0, 0, None, None, 0)


def _ranked(question: str, index: Bm25[str], parts: dict[str, list[Part]]) -> list[str]:
    """Return all documents, those that share most with the question first."""
    found = [hit.id for hit in index.search(question, limit=len(parts))]
    rest = {*parts}.difference(found)
    return [*found, *(name for name in parts if name in rest)]


def _over_budget(
    ranked: Sequence[str], parts: dict[str, list[Part]], known: Sequence[Pack], rates: PlanRates, options: ReadOptions
) -> set[str]:
    """Return the documents that the budget does not cover where much is found: the least relevant ones."""
    budget, pack_tokens = options.get("budget"), options.get("pack_tokens", PACK_TOKENS)
    if budget is None or not ranked:
        return set()

    def plan_of(count: int) -> Plan:
        return rates.plan(pack_parts((part for name in ranked[:count] for part in parts[name]), pack_tokens), known)

    least, most = 0, len(ranked)
    while least < most:  # the largest number of documents, best first, that fits
        middle = (least + most + 1) // 2
        if plan_of(middle).excess(budget):
            most = middle - 1
        else:
            least = middle
    if least == 0 and (not known or plan_of(0).excess(budget)):
        raise BudgetExceeded(
            f"read_many(budget={budget}): reading one document and writing the answer {plan_of(1).excess(budget)}. "
            "Give at least that, a cheaper reader or writer, or fewer pack_tokens."
        )
    return {*ranked[least:]}
