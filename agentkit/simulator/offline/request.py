"""What a request says: the question, the texts that it gives, the sources that it names, what calls have brought."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from agentkit.messages import JSON, Block, Content, JSONObject, text_of
from agentkit.simulator.offline.fill import role_of
from agentkit.simulator.offline.retrieval import Source

_LISTING = re.compile(r"^([^\n:]{0,200}):[ \t]*([^\n]*)((?:\n\s*(?:[-*•]|\d+[.)])\s+[^\n]+)*)", re.MULTILINE)
_ENTRY = re.compile(r"\s*(?:(?:[-*•]|\d+[.)])\s+)?[`'\"]?(.+?)[`'\"]?(?:(?:: | [-\u2013] |\t|  | \()(.*?)\)?)?\s*")
_NUMBER = re.compile(r"^ *(\d+)\t", re.MULTILINE)


@dataclass(slots=True)
class Call:
    """A tool call of an earlier turn and what came back."""

    name: str
    input: dict[str, JSON]
    result: Content = ""
    is_error: bool = False

    def texts(self, name: str) -> list[Source]:
        """What came back: documents, JSON with texts in it, numbered lines, or plain text."""
        text = text_of(self.result)
        numbers = _NUMBER.findall(text)
        is_numbered = numbers[:1] == ["1"] and len(numbers) >= text.rstrip("\n").count("\n")
        plain = Source(name, _NUMBER.sub("", text) if is_numbered else text)
        return _documents(_blocks(self.result)) or _texts_in(parse(text), name) or [plain]


@dataclass(slots=True)
class Said:
    """A conversation so far."""

    question: str = ""
    given: list[Source] = field(default_factory=list[Source])
    named: dict[str, str] = field(default_factory=dict[str, str])
    """Sources that stand elsewhere: id to title, in order."""
    calls: dict[str, Call] = field(default_factory=dict[str, Call])


def read_request(request: JSONObject) -> Said:
    """Everything of use in a request. The last question counts; where the user asks nothing, the system prompt does."""
    said = Said()
    for message in cast("list[JSONObject]", request["messages"]):
        blocks = _blocks(message["content"])
        for block in blocks:
            if block.get("type") == "tool_use":
                said.calls[block["id"]] = Call(block["name"], block["input"])
            elif block.get("type") == "tool_result" and (call := said.calls.get(block["tool_use_id"])):
                call.result, call.is_error = block.get("content") or "", bool(block.get("is_error"))
        if message["role"] == "user" and not any(block.get("type") == "tool_result" for block in blocks):
            said.given += _documents(blocks)
            asked = [_take_text(said, block["text"]) for block in blocks if block.get("type") == "text"]
            said.question = "\n".join(filter(None, asked)) or said.question
    system = text_of(request.get("system") or "")
    orders = system if said.named or said.given else _without_listings(said, system)
    return Said(said.question or orders, said.given, said.named, said.calls)


def _take_text(said: Said, text: str) -> str:
    """The question in a text of the user, after taking what else is in it."""
    value = parse(text)
    if not isinstance(value, dict):
        return _without_listings(said, text)
    roles = {role_of(key): inner for key, inner in reversed(value.items())}
    said.given += _texts_in(value)
    for key in value if not _texts_in(value) else ():
        said.named |= dict(names_in(value[key])) if role_of(key) == "source" else {}
    return str(roles.get("question") or roles.get("query") or "")


def _without_listings(said: Said, text: str) -> str:
    """The text without its lists of sources, such as `Sources: a, b` or such a label over lines with dashes."""

    def take(found: re.Match[str]) -> str:
        label, inline, lines = found.groups()
        if not any(role_of(word) == "source" for word in re.findall(r"\w+", label)):
            return found[0]
        items: list[JSON] = [*(lines.strip().splitlines() or inline.rstrip(". ").split(","))]
        said.named |= dict(names_in(items))
        return ""

    return _LISTING.sub(take, text).strip()


def names_in(value: JSON) -> Iterator[tuple[str, str]]:
    """Ids and titles in a value that names sources: lines, objects with an id, or lists of them."""
    if isinstance(value, str) and (entry := _ENTRY.fullmatch(value)):
        yield entry[1], entry[2] or ""
    elif isinstance(value, list):
        for item in value:
            yield from names_in(item)
    elif isinstance(value, dict):
        strings = {role_of(key): inner for key, inner in reversed(value.items()) if isinstance(inner, str)}
        name = strings.get("source") or strings.get("name")
        inner = (
            [(name, strings.get("name", ""))] if name else names_in([v for v in value.values() if isinstance(v, list)])
        )
        yield from inner


def _texts_in(value: JSON, name: str = "") -> list[Source]:
    """The texts in a value: objects that have one, with the id beside it or else this name."""
    if isinstance(value, dict):
        strings = {role_of(key): inner for key, inner in reversed(value.items()) if isinstance(inner, str)}
        if "text" in strings:
            return [Source(strings.get("source", name or "text"), strings["text"], strings.get("name", ""))]
        value = list(value.values())
    return [source for item in value for source in _texts_in(item, name)] if isinstance(value, list) else []


def _documents(blocks: Sequence[Block]) -> list[Source]:
    """The texts of document blocks, named by their titles up to the colon."""
    texts = [block for block in blocks if block.get("type") == "document" and block["source"].get("type") == "text"]
    titles = [str(block.get("title") or "document") for block in texts]
    names = [title if " " in title.partition(": ")[0] else title.partition(": ")[0] for title in titles]
    return [Source(name, b["source"]["data"], title) for name, b, title in zip(names, texts, titles, strict=True)]


def _blocks(content: Content) -> Sequence[Block]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def parse(text: str) -> JSON:
    """The JSON object or array that a text is; None for any other text."""
    try:
        return cast("JSON", json.loads(text)) if text.lstrip()[:1] in ("{", "[") else None
    except ValueError:
        return None
