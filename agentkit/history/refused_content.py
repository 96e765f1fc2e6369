"""Find the content that a refusal of the API is about, and replace it, so that it does not cost the conversation.

Only what no reply has followed yet is replaced: a tool's result by an error result that names the content and keeps the
text beside it, any other block by a text. Where the API does not name the place, candidates are tried one at a time; a
try that changed nothing is undone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, cast

from agentkit.history.plain_text import content_blocks
from agentkit.messages.message import Block, Message, encode, text_block, tool_result, user
from agentkit.tools.result_blocks import refused_result_text

if TYPE_CHECKING:
    from agentkit.messages.message import Content

Place: TypeAlias = tuple[int, int]
"""A block: the index of its message, and its own index there."""

MAX_SINGLE_TRIES = 8
"""Candidates that are tried one at a time; after that all of them are replaced at once."""
_PLACE = re.compile(r"messages\.(\d+)(?:\.content\.(\d+))?(?:\.(?:tool_result\.)?content\.(\d+))?")
_ABOUT_OTHERS = re.compile(
    r"^(?!messages\b)[a-z_]+(?:\.[\w.-]+)?: |\b(?:credit|billing|effort|sampling|prefill|tool_choice|beta)\b",
    re.IGNORECASE,
)
"""Refusals of another field of the body, whose path stands in front, and of the account."""
_STATUS = re.compile(r"^The API answered \d+ \w+: ")
_PATH = re.compile(r"^messages[\w.]*: ")
_QUOTED = re.compile(r"['\"`]([^'\"`\s]{2,})['\"`]")
_WORDS_OF_TYPE = {
    "image": ("image", "media", "pixel", "url"),
    "document": ("pdf", "document", "page", "file", "media", "url"),
    "tool_reference": ("reference",),
    "search_result": ("search",),
}


def is_about_content(text: str) -> bool:
    """True if a refusal with this text may be about the content of messages, and not about other fields of the body."""
    return not _ABOUT_OTHERS.search(_STATUS.sub("", text))


def names_message_behind(text: str, count: int) -> bool:
    """True if the text of a refusal names a message behind the first `count` ones."""
    named = _PLACE.search(text)
    return named is not None and int(named[1]) >= count


def names_message_in(text: str, span: range) -> bool:
    """True if the text of a refusal names one of these messages."""
    named = _PLACE.search(text)
    return named is not None and int(named[1]) in span


def reason_of(text: str) -> str:
    """Return the text of a refusal without its status and the place that it names."""
    return _PATH.sub("", _STATUS.sub("", text)).rstrip(".")


@dataclass(slots=True)
class RefusedContent:
    """The tries to replace refused content, from one reply of the model to the next."""

    _before: list[Message] | None = field(default=None, init=False)
    """The messages before the last try. None: nothing was tried, or its change is kept."""
    _last_text: str = field(default="", init=False)
    _tried: set[Place] = field(default_factory=set[Place], init=False)
    _has_tried_all: bool = field(default=False, init=False)
    replaced: str = field(default="", init=False)
    """The content that the last try replaced, in a few words. Empty: it replaced nothing."""

    def next_try(
        self, messages: list[Message], span: range, text: str, redact: Callable[[str], str], *, is_too_large: bool
    ) -> list[Message]:
        """Return the messages to send instead of those that were refused; the original ones if nothing is left to try.

        Args:
            messages: The messages of the refused request.
            span: The indices of the messages that may be changed.
            text: The text of the refusal.
            redact: Removes secrets from it.
            is_too_large: True if the request was refused for its bytes.
        """
        is_useless = self._before is not None and _is_same_refusal(text, self._last_text) and not is_too_large
        messages = list(self._before if is_useless and self._before is not None else messages)
        self._before, self._last_text, self.replaced = None, text, ""
        places = self._places_to_try(messages, span, text, is_too_large=is_too_large)
        if not places:
            return messages
        self._tried.update(places)
        self._before = messages
        reason = redact(reason_of(text))
        self.replaced = ", ".join(_describe(_block_at(messages, place), _named_part(text, place)) for place in places)
        changed = list(messages)
        for i, j in places:
            blocks = list(content_blocks(changed[i].content))
            blocks[j] = _refused_block(blocks[j], _named_part(text, (i, j)), reason)
            changed[i] = user(blocks)
        return changed

    def _places_to_try(
        self, messages: Sequence[Message], span: range, text: str, *, is_too_large: bool
    ) -> Sequence[Place]:
        """Return the next place to try, or all of them at last. Empty: nothing is left to try."""
        named = _PLACE.search(text)
        if named and int(named[1]) in span and not is_too_large:
            i, count = int(named[1]), len(content_blocks(messages[int(named[1])].content))
            if named[2]:
                place = i, int(named[2])
                return [place] if place[1] < count and place not in self._tried else []
            span = range(i, i + 1)
        elif named and (int(named[1]) >= span.stop or messages[int(named[1])].role == "assistant"):
            return []  # it is about what the caller or the model has said
        candidates = _candidates(messages, span, text, is_too_large=is_too_large)
        untried = [place for place in candidates if place not in self._tried]
        if untried and len(self._tried) < MAX_SINGLE_TRIES:
            return untried[:1]
        if is_too_large or self._has_tried_all or len(candidates) < 2:
            return []
        self._has_tried_all = True
        return candidates


def _candidates(messages: Sequence[Message], span: range, text: str, *, is_too_large: bool) -> list[Place]:
    """Return the tool results with more than text, those first that the refusal is most probably about."""
    found: list[tuple[float, Place]] = []
    quoted = [word.encode() for word in _QUOTED.findall(text)]
    for i in span:
        for j, block in enumerate(content_blocks(messages[i].content)):
            parts = _parts(block)
            types = {str(part.get("type")) for part in parts}
            if block["type"] != "tool_result" or not types - {"text"}:
                continue
            encoded = encode(block)
            words = [word for kind in types for word in _WORDS_OF_TYPE.get(kind, ())]
            score = 2 * any(word in encoded for word in quoted) + any(word in text.lower() for word in words)
            found.append((len(encoded) if is_too_large else score, (i, j)))
    return [place for _, place in sorted(found, key=lambda each: -each[0])]


def _refused_block(block: Block, at: int | None, reason: str) -> Block:
    what = _describe(block, at)
    if block["type"] != "tool_result":
        return text_block(f"[Left out: the API refused this {what}: {reason}.]")
    parts = _parts(block)
    kept = parts if any(part["type"] != "text" for part in parts) else []  # of a refused text nothing is kept
    text = refused_result_text(kept, f"The API refused the {what}: {reason}.")
    toolset_name = str(block.get("toolset_name") or "")
    return tool_result(block["tool_use_id"], text, is_error=True, toolset_name=toolset_name)


def _describe(block: Block, at: int | None) -> str:
    """Name the refused content in a few words; `at` is the index of the part of a tool result that the API named."""
    if block["type"] != "tool_result":
        return _describe_part(block)
    parts = _parts(block)
    others = [part for part in parts if part["type"] != "text"] or parts
    if at is not None and at < len(parts):
        return _describe_part(parts[at])
    return " or ".join(dict.fromkeys(_describe_part(part) for part in others)) or "result"


def _describe_part(part: Block) -> str:
    source: object = part.get("source")
    given = cast("Block", source) if isinstance(source, dict) else {}
    detail = part.get("tool_name") or part.get("title") or given.get("media_type") or given.get("url")
    return f"{part['type']} block ({detail})" if detail else f"{part['type']} block"


def _parts(block: Block) -> list[Block]:
    content: Content = block.get("content") or ""
    return content_blocks(content) if content else []


def _block_at(messages: Sequence[Message], place: Place) -> Block:
    return content_blocks(messages[place[0]].content)[place[1]]


def _named_part(text: str, place: Place) -> int | None:
    """Return the index of the part of a tool result that the text of a refusal names. None: it names none there."""
    named = _PLACE.search(text)
    return int(named[3]) if named and named[3] and (int(named[1]), int(named[2])) == place else None


def _is_same_refusal(text: str, other: str) -> bool:
    """True if two refusals are about the same: the same place, where they name one."""
    return text == other or (not _PLACE.search(text) and re.sub(r"\d+", "#", text) == re.sub(r"\d+", "#", other))
