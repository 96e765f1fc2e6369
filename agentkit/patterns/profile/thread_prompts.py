"""Threads as readers get them: excerpts for the filter, and their own texts in packs for the reader."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentkit.patterns.mail.records import MailMessage, MailThread
from agentkit.patterns.profile.own_texts import own_texts
from agentkit.patterns.reading.evidence import text_block_of
from agentkit.patterns.reading.packing import PACK_TOKENS, Pack, estimated_tokens, pack_parts, split_into_parts
from agentkit.patterns.sources import Gap

if TYPE_CHECKING:
    from agentkit.messages.message import Block

FILTER_CHARS = 3_000
"""The most characters of a thread that the filter sees."""
MOST_THREAD_TOKENS = 64_000
"""The most tokens of a thread that are read; nobody can write so much by hand."""
_BLOCK_TOKENS = 20
"""Tokens of the id of a message, and of what stands around its text."""
_HEAD_CHARS = 1_000
_WINDOW_CHARS = 400
_MOST_FIELD_CHARS = 100
_REPEATED = "(Nothing but what earlier messages say.)"


@dataclass(frozen=True, slots=True)
class ThreadTexts:
    """A thread with the own texts of its messages."""

    thread: MailThread
    own: dict[str, str]
    """The texts by the ids of their messages, each without what earlier ones hold."""

    @classmethod
    def of(cls, thread: MailThread) -> ThreadTexts:
        """Return the texts of a thread."""
        return cls(thread, own_texts(thread.messages))

    def packs(self) -> tuple[list[Pack], list[Gap]]:
        """Return what readers get, one pack a request, and what is left out of a thread that is too long."""
        beside = {message.id: _BLOCK_TOKENS + estimated_tokens(heading(message)) for message in self.thread}
        parts = (part for id, text in self._texts() for part in split_into_parts(id, text))  # noqa: A001 - as everywhere
        packs = pack_parts([replace(part, tokens=part.tokens + beside[part.document]) for part in parts], PACK_TOKENS)
        taken: list[Pack] = []
        tokens = 0
        for pack in packs:
            tokens += pack.tokens
            if taken and tokens > MOST_THREAD_TOKENS:
                break
            taken.append(pack)
        reason = f"its thread has more than {MOST_THREAD_TOKENS:,} tokens"
        left = [part for pack in packs[len(taken) :] for part in pack.parts]
        return taken, [Gap(part.name, reason) for part in left]

    def prompt(self, pack: Pack) -> list[Block]:
        """Return a pack as content: a document for each message."""
        messages, texts = {message.id: message for message in self.thread}, dict(self._texts())
        return [
            text_block_of(part.document, texts[part.document][part.start : part.end], heading(messages[part.document]))
            for part in pack.parts
        ]

    def excerpts(self, words: Sequence[str]) -> list[Block]:
        """Return the thread for the filter: its beginning, what stands around the words of the queries, its end."""
        texts = [f"{heading(message)}\n{self.own[message.id]}" for message in self.thread]
        text = _excerpts("\n\n".join(texts), words)
        return [text_block_of(self.thread.id, text, self.thread.subject[:_MOST_FIELD_CHARS])]

    def _texts(self) -> Iterator[tuple[str, str]]:
        return ((message.id, self.own[message.id] or _REPEATED) for message in self.thread)


def heading(message: MailMessage) -> str:
    """Return who wrote a message to whom, when and about what, in a line of bounded length."""
    recipients = ", ".join(filter(None, (message.recipients, message.copies)))
    date = f"{message.date:%Y-%m-%d}" if message.date else "undated"
    files = ", ".join(one.name for one in message.attachments)
    fields = [f"from {message.sender[:_MOST_FIELD_CHARS]}", f"to {recipients[:_MOST_FIELD_CHARS]}"]
    fields += [f"subject {message.subject[:_MOST_FIELD_CHARS]}"]
    fields += [f"files {files[:_MOST_FIELD_CHARS]}"] if files else []
    return " ".join(f"{date}, {', '.join(fields)}".split())


def _excerpts(text: str, words: Sequence[str]) -> str:
    if len(text) <= FILTER_CHARS:
        return text
    spans = [(0, _HEAD_CHARS)]
    used = _HEAD_CHARS
    found = re.finditer(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})", text, re.IGNORECASE) if words else ()
    for match in found:
        start = max(0, match.start() - _WINDOW_CHARS // 3)
        if match.start() < spans[-1][1]:
            continue
        if used + _WINDOW_CHARS > FILTER_CHARS:
            break
        spans.append((max(start, spans[-1][1]), start + _WINDOW_CHARS))
        used += _WINDOW_CHARS
    spans.append(
        (max(spans[-1][1], len(text) - (FILTER_CHARS - used)), len(text))
    )  # the latest message, by what is left
    return " [...] ".join(text[start:end] for start, end in spans)
