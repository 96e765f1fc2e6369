"""What a request says: the question, the sources it gives or names, and what calls have brought so far."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from agentkit.messages import JSON, Block, Content, JSONObject
from agentkit.simulator.offline.passages import Source
from agentkit.simulator.offline.roles import role_of

_TAGGED = re.compile(r"<([a-zA-Z_]+)((?:\s+\w+=\"[^\"]*\")*)\s*>\s*(.*?)\s*</\1>", re.DOTALL)
_LABELLED = re.compile(r"^\W*(?:question|objective|task|frage)\W*:\s*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_LISTING = re.compile(
    r"^(?P<label>[^\n:]{0,200}):[ \t]*(?P<inline>[^\n]*)(?P<items>(?:\n\s*(?:[-*•]|\d+[.)])\s+[^\n]+)*)", re.M
)
_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)])?\s*(.+?)\s*$", re.MULTILINE)
_NUMBERED = re.compile(r"^ *(\d+)(?:\t|→|: |\| )", re.MULTILINE)


@dataclass(slots=True)
class Call:
    """A tool call of an earlier turn and what came back."""

    name: str
    input: JSONObject
    result: Content = ""
    is_error: bool = False
    is_new: bool = True
    """Whether it was made for the present question."""

    @property
    def text(self) -> str:
        """What came back, as text."""
        blocks = [{"type": "text", "text": self.result}] if isinstance(self.result, str) else self.result
        return "\n".join(str(block["text"]) for block in blocks if block.get("type") == "text")


@dataclass(slots=True)
class Said:
    """A conversation so far."""

    question: str = ""
    given: list[Source] = field(default_factory=list[Source])
    """Texts that stand in the conversation."""
    named: dict[str, str] = field(default_factory=dict[str, str])
    """Sources that are only named: id to title, in order."""
    calls: list[Call] = field(default_factory=list[Call])


def read_request(request: JSONObject) -> Said:
    """Everything of use in a request. The latest question counts; without one, the system prompt asks."""
    said = Said()
    by_id: dict[str, Call] = {}
    for message in cast("list[JSONObject]", request["messages"]):
        content: Content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        results = [block for block in blocks if block.get("type") == "tool_result"]
        for block in blocks:
            if block.get("type") == "tool_use":
                by_id[block["id"]] = Call(block["name"], block["input"])
        for block in results:
            call = by_id.get(block["tool_use_id"])
            if call is not None:
                call.result, call.is_error = block.get("content") or "", bool(block.get("is_error"))
        if message["role"] == "user" and not results:
            _take_turn(said, blocks, by_id)
    said.calls = list(by_id.values())
    system = request.get("system") or ""
    orders = system if isinstance(system, str) else "\n".join(block["text"] for block in system)
    if not said.named and not said.given:
        orders = _take_listings(said, orders)
    said.question = said.question or _asked(orders)
    return said


def _take_turn(said: Said, blocks: list[Block], by_id: dict[str, Call]) -> None:
    before = said.question
    said.question = ""
    for block in blocks:
        if block.get("type") == "document":
            said.given += documents(block)
        elif block.get("type") == "text":
            _take_text(said, block["text"])
    said.question = said.question or before
    for call in by_id.values():
        call.is_new = False


def _take_text(said: Said, text: str) -> None:
    value = parse(text)
    if isinstance(value, dict):
        _take_object(said, value)
        return
    for tag, attributes, inside in _TAGGED.findall(text):
        if role_of(tag) in ("question", "query"):
            said.question = inside
        elif role_of(tag) in ("source", "text"):
            names = dict(re.findall(r"(\w+)=\"([^\"]*)\"", attributes))
            name = next(
                (names[key] for key in names if role_of(key) in ("source", "name")), f"{tag}-{len(said.given) + 1}"
            )
            said.given.append(Source(name, inside, names.get("title", "")))
    if not _TAGGED.search(text) or not said.question:
        rest = _take_listings(said, _TAGGED.sub("", text))
        said.question = _asked(rest) or said.question
        if len(rest) > 600 + len(said.question) and not said.given:
            said.given.append(Source("message", text))


def _asked(text: str) -> str:
    """The question in a text: what is labelled so, the last sentence with a question mark, or all of it."""
    labelled = _LABELLED.search(text)
    if labelled:
        return labelled[1].strip()
    asked = re.findall(r"[^.!?\n][^.!?]*\?", text)
    return (asked[-1] if asked and len(text) > 300 else text).strip()


def _take_listings(said: Said, text: str) -> str:
    """The text without the lists of sources in it, such as `Sources: a, b` or a label and lines with dashes."""

    def take(found: re.Match[str]) -> str:
        if not any(role_of(word) == "source" for word in re.findall(r"[^\W\d_]+", found["label"])):
            return found[0]
        items = _ITEM.findall(found["items"].strip()) or found["inline"].rstrip(". ").split(",")
        said.named |= dict(entry for item in items if (entry := _entry(item))[0])
        return ""

    return _LISTING.sub(take, text).strip()


def _entry(item: str) -> tuple[str, str]:
    name, *title = re.split(r": | [-–—] |\t| {2,}| \(", item.strip(" \n`'\""), maxsplit=1)
    return name.strip(" `'\""), "".join(title).rstrip(")")


def _take_object(said: Said, value: dict[str, JSON]) -> None:
    for key, inner in value.items():
        role = role_of(key)
        if role in ("question", "query") and isinstance(inner, str) and not (role == "query" and said.question):
            said.question = inner
        elif role == "source":
            said.named |= dict(names_in(inner))
    said.given += texts_in(value)
    for source in said.given:
        said.named.pop(source.id, None)


def names_in(value: JSON) -> Iterator[tuple[str, str]]:
    """Ids and titles in a value that names sources: strings, objects with an id, or lists and objects of them."""
    if isinstance(value, str) and value:
        yield value, ""
    elif isinstance(value, list):
        for item in value:
            yield from names_in(item)
    elif isinstance(value, dict):
        strings = {role_of(key): inner for key, inner in reversed(value.items()) if isinstance(inner, str)}
        name = strings.get("source") or strings.get("name") or strings.get("title")
        if name:
            yield name, strings.get("title") or strings.get("name") or ""
        else:
            yield from (entry for inner in value.values() if isinstance(inner, list) for entry in names_in(inner))


def texts_in(value: JSON, default: str = "") -> list[Source]:
    """The texts in a value: objects that have one, with the id beside it."""
    if isinstance(value, list):
        return [source for item in value for source in texts_in(item, default)]
    if not isinstance(value, dict):
        return []
    text = next((inner for key, inner in value.items() if role_of(key) == "text" and isinstance(inner, str)), None)
    if text is None:
        return [source for inner in value.values() for source in texts_in(inner, default)]
    [(name, title)] = list(names_in({k: v for k, v in value.items() if isinstance(v, str)}))[:1] or [(default, "")]
    return [Source(name or "text", text, title)]


def documents(block: Block) -> list[Source]:
    """The text of a document block, named by its title up to the colon; none of a PDF."""
    title = str(block.get("title") or "document")
    name = title.split(": ")[0] if " " not in title.split(": ")[0] else title
    source = block.get("source") or {}
    if source.get("type") == "text":
        return [Source(name, source["data"], title)]
    inner = source.get("content") if source.get("type") == "content" else None
    parts = [{"type": "text", "text": inner}] if isinstance(inner, str) else inner or []
    return [Source(name, str(part["text"]), title) for part in parts if part.get("type") == "text"]


def read_by(call: Call, name: str) -> list[Source]:
    """The texts that a reading call brought: documents, JSON with a text in it, numbered lines, or plain text."""
    if not isinstance(call.result, str):
        given = [source for block in call.result if block.get("type") == "document" for source in documents(block)]
        if given:
            return given
    found = texts_in(parse(call.text), name)
    numbers = _NUMBERED.findall(call.text)
    is_numbered = numbers[:1] == ["1"] and len(numbers) >= call.text.rstrip("\n").count("\n")
    return found or [Source(name, _NUMBERED.sub("", call.text) if is_numbered else call.text)]


def parse(text: str) -> JSON:
    """The JSON object or array that a text is; None for any other text."""
    try:
        return cast("JSON", json.loads(text)) if text.lstrip()[:1] in ("{", "[") else None
    except ValueError:
        return None
