"""What a request says: the question, the texts that it gives, the sources that it names, what calls have brought."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from agentkit.content import Document
from agentkit.messages import JSON, Content, JSONObject, text_block, text_of
from agentkit.simulator.offline.fill import role_of

_LISTING = re.compile(r"^([^\n:]{0,200}):[ \t]*([^\n]*)((?:\n\s*(?:[-*•]|\d+[.)])\s+[^\n]+)*)", re.MULTILINE)
_ENTRY = re.compile(r"\s*(?:(?:[-*•]|\d+[.)])\s+)?[`'\"]?(.+?)[`'\"]?(?:(?:: | [-\u2013] |\t|  | \()(.*?)\)?)?\s*")


@dataclass(slots=True)
class Call:
    """A tool call of an earlier turn and what came back."""

    name: str
    input: dict[str, JSON]
    result: Content = ""
    is_error: bool = False


@dataclass(slots=True)
class Said:
    """A conversation so far; `named` are sources that stand elsewhere, id to title."""

    question: str = ""
    given: list[Document] = field(default_factory=list[Document])
    named: dict[str, str] = field(default_factory=dict[str, str])
    calls: dict[str, Call] = field(default_factory=dict[str, Call])


def read_request(request: JSONObject) -> Said:
    """Everything of use in a request. The last question counts; where the user asks nothing, the system prompt does."""
    said = Said()
    for message in request["messages"]:
        content: Content = message["content"]
        blocks = [text_block(content)] if isinstance(content, str) else content
        for block in blocks:
            if block.get("type") == "tool_use":
                said.calls[block["id"]] = Call(block["name"], block["input"])
            elif block.get("type") == "tool_result" and (call := said.calls.get(block["tool_use_id"])):
                call.result, call.is_error = block.get("content") or "", bool(block.get("is_error"))
        if message["role"] == "user" and not any(block.get("type") == "tool_result" for block in blocks):
            said.given += texts_in(blocks)
            asked = [_take_text(said, block["text"]) for block in blocks if block.get("type") == "text"]
            said.question = "\n".join(filter(None, asked)) or said.question
    system = text_of(request.get("system") or "")
    orders = system if said.named or said.given else _take_text(said, system)
    return Said(said.question or orders, said.given, said.named, said.calls)


def _take_text(said: Said, text: str) -> str:
    """The question in a text, after taking the sources that it lists: as `Sources: a, b`, or a label over dashes."""
    value = parse(text)
    if isinstance(value, dict):
        sources = [inner for key, inner in value.items() if role_of(key) == "source"]
        said.named |= {} if _texts(value, "") else dict(names_in(sources))
        return strings_of(value).get("question") or strings_of(value).get("query") or ""
    for label, inline, lines in _LISTING.findall(text):
        if any(role_of(word) == "source" for word in re.findall(r"\w+", label)):
            said.named |= dict(names_in([*(lines.strip().splitlines() or inline.rstrip(". ").split(","))]))
            text = text.replace(f"{inline}{lines}", "")
    return text.strip()


def names_in(value: JSON) -> Iterator[tuple[str, str]]:
    """Ids and titles in a value that names sources: lines, objects with an id, or lists of them."""
    if isinstance(value, str) and (entry := _ENTRY.fullmatch(value)):
        yield entry[1], entry[2] or ""
    strings = strings_of(value)
    if name := strings.get("source") or strings.get("name"):
        yield name, strings.get("name", "")
    elif isinstance(value, list | dict):
        for inner in value if isinstance(value, list) else [v for v in value.values() if isinstance(v, list)]:
            yield from names_in(inner)


def texts_in(content: Content, name: str = "") -> list[Document]:
    """The texts in content: documents, named by their titles up to the colon, and JSON; with a name, plain text too."""
    found: list[Document] = []
    for block in [text_block(content)] if isinstance(content, str) else content:
        if block.get("type") == "document" and block["source"].get("type") == "text":
            title = str(block.get("title") or "document")
            short = title.partition(": ")[0]
            found.append(Document(title if " " in short else short, block["source"]["data"], title))
        elif block.get("type") == "text":
            text = str(block["text"])
            plain = re.sub(r"(?m)^ *\d+\t", "", text) if re.match(r" +1\t", text) else text  # without numbers of lines
            found += _texts(parse(text), name) or ([Document(name, plain)] if name else [])
    return found


def _texts(value: JSON, name: str) -> list[Document]:
    strings = strings_of(value)
    if "text" in strings:
        return [Document(strings.get("source", name or "text"), strings["text"], strings.get("name", ""))]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [source for item in inner for source in _texts(item, name)]


def strings_of(value: JSON) -> dict[str, str]:
    """The strings of an object by their roles; the first of a role counts."""
    pairs = reversed(value.items()) if isinstance(value, dict) else ()
    return {role_of(key): inner for key, inner in pairs if isinstance(inner, str)}


def parse(text: str) -> JSON:
    """The JSON object or array that a text is; None for any other text."""
    try:
        value: JSON = json.loads(text) if text.lstrip()[:1] in ("{", "[") else None
    except ValueError:
        value = None
    return value
