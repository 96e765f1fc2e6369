"""The reader: finds the question and the sources in a request, reads the sources, and answers with exact quotes."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from agentkit.messages.content import Document
from agentkit.messages.message import JSON, Content, JSONObject, encode, text_block, text_of
from agentkit.messages.strict_json import parse_strict
from agentkit.retrieval.passages import Hit, Passage, question_in, search_passages, split_passages
from agentkit.simulator.offline.fill import CannotFill, Facts, fill_schema, role_of
from agentkit.simulator.replies.reply import Reply
from agentkit.simulator.replies.wanted_output import output_format, output_schema

READER_LABEL = "Offline reader, not a language model"
_MAX_CALLS_PER_TURN = 20
_MAX_QUOTES = 8
_MARK = r"(?:[-*•]|\d+[.)])\s+"
_LISTING = re.compile(rf"^([^\n:]{{0,200}}):[ \t]*([^\n]*)((?:\n\s*{_MARK}[^\n]+)*)", re.MULTILINE)
_TAGGED_QUESTION = re.compile(r"(?s)<question>\s*(.+?)\s*</question>")
_EVIDENCE = re.compile(r"(?s)<evidence number=\"(\d+)\".*?<quote>(.+?)</quote>")
_ENTRY = re.compile(rf"\s*(?:{_MARK})?[`'\"]?(.+\.\w{{1,5}}(?=\W*$)|.+?)[`'\"]?(?:(?:: | - |\t|  | \()(.*?)\)?)?\s*")


@dataclass(slots=True)
class PastCall:
    """A tool call of an earlier turn with its result."""

    name: str
    input: dict[str, JSON]
    result: Content = ""
    is_error: bool = False


@dataclass(slots=True)
class ParsedRequest:
    """The question, sources and calls of a conversation; `named` are sources for a tool to read, id to title."""

    question: str = ""
    given: list[Document] = field(default_factory=list[Document])
    named: dict[str, str] = field(default_factory=dict[str, str])
    calls: dict[str, PastCall] = field(default_factory=dict[str, PastCall])
    evidence: list[Passage] = field(default_factory=list[Passage])
    """Numbered quotes in the prompt, to write an answer from; the number is the source."""
    is_tagged: bool = False
    """True if the question stood between tags, so that all of it is the question."""

    @property
    def searched(self) -> str:
        """The part of the question that is searched for."""
        return self.question if self.is_tagged else question_in(self.question)


def read_request(request: JSONObject) -> ParsedRequest:
    """Read the question, sources and calls of a request. Without a question of the user, the system prompt is it."""
    said = ParsedRequest()
    for message in request["messages"]:
        content: Content = message["content"]
        blocks = [text_block(content)] if isinstance(content, str) else content
        for block in blocks:
            if block.get("type") == "tool_use":
                said.calls[block["id"]] = PastCall(block["name"], block["input"])
            elif block.get("type") == "tool_result" and (call := said.calls.get(block["tool_use_id"])):
                call.result, call.is_error = block.get("content") or "", bool(block.get("is_error"))
        if message["role"] == "user" and not any(block.get("type") == "tool_result" for block in blocks):
            said.given += documents_in_content(blocks)
            questions = [_extract_question(said, block["text"]) for block in blocks if block.get("type") == "text"]
            said.question = "\n".join(filter(None, questions)) or said.question
    system = text_of(request.get("system") or "")
    orders = system if said.named or said.given else _extract_question(said, system)
    if tagged := _TAGGED_QUESTION.search(system):
        orders, said.is_tagged = tagged[1], said.is_tagged or not said.question
    said.question = said.question or orders
    return said


def _extract_question(said: ParsedRequest, text: str) -> str:
    """Move the sources that a text lists, as `Sources: a, b` or as a list with a label, out of it; return the rest."""
    said.evidence += (Passage(number, None, None, quote) for number, quote in _EVIDENCE.findall(text))
    if tagged := _TAGGED_QUESTION.search(text):
        said.is_tagged = True
        return tagged[1]
    if _EVIDENCE.search(text):
        return ""
    value = parse_json_text(text)
    if isinstance(value, dict):
        sources = [inner for key, inner in value.items() if role_of(key) == "source"]
        said.named |= {} if _documents_in_json(value, "") else dict(names_in_json(sources))
        return strings_by_role(value).get("question") or strings_by_role(value).get("query") or ""
    for label, inline, lines in _LISTING.findall(text):
        if any(role_of(word) == "source" for word in re.findall(r"\w+", label)):
            said.named |= names_in_lines(lines.strip().splitlines() or inline.rstrip(". ").split(","))
            text = text.replace(f"{inline}{lines}", "")
    return text.strip()


def tagged_question(text: str) -> str:
    """Return the question that stands between tags in a text. Empty: there is none."""
    return found[1] if (found := _TAGGED_QUESTION.search(text)) else ""


def names_in_lines(lines: list[str]) -> dict[str, str]:
    """Return ids and titles of lines such as `- id: title`, or that are a file name."""
    return {entry[1]: entry[2] or "" for line in lines if (entry := _ENTRY.fullmatch(line))}


def names_in_json(value: JSON) -> Iterator[tuple[str, str]]:
    """Yield ids and titles of a value that names sources: strings, objects with an id, or lists of them."""
    if isinstance(value, str) and value:
        yield value, ""
    strings = strings_by_role(value)
    if name := strings.get("source") or strings.get("name"):
        yield name, strings.get("name", "")
    elif isinstance(value, list | dict):
        for inner in value if isinstance(value, list) else [v for v in value.values() if isinstance(v, list)]:
            yield from names_in_json(inner)


def documents_in_content(content: Content, name: str = "") -> list[Document]:
    """Return the texts in content: documents, whose id is the title up to its colon; JSON; with a name, plain text."""
    found: list[Document] = []
    for block in [text_block(content)] if isinstance(content, str) else content:
        if block.get("type") == "document" and block["source"].get("type") == "text":
            title = str(block.get("title") or "document")
            found.append(Document(re.sub(r"(?s)^(\S+?): .*", r"\1", title), block["source"]["data"], title))
        elif block.get("type") == "text":
            text = str(block["text"])
            plain = re.sub(r"(?m)^ *\d+\t", "", text) if re.match(r" +1\t", text) else text  # without line numbers
            found += _documents_in_json(parse_json_text(text), name) or ([Document(name, plain)] if name else [])
    return found


def _documents_in_json(value: JSON, name: str) -> list[Document]:
    strings = strings_by_role(value)
    if "text" in strings:
        return [Document(strings.get("source", name or "text"), strings["text"], strings.get("name", ""))]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [source for item in inner for source in _documents_in_json(item, name)]


def strings_by_role(value: JSON) -> dict[str, str]:
    """Return the strings of an object by their roles; the first of a role counts."""
    return {role_of(k): v for k, v in reversed(value.items()) if isinstance(v, str)} if isinstance(value, dict) else {}


def parse_json_text(text: str) -> JSON:
    """Parse a text that is a JSON object or array. None: it is any other text."""
    with suppress(ValueError):
        return parse_strict(text) if text.lstrip()[:1] in ("{", "[") else None
    return None


def next_reader_turn(request: JSONObject, said: ParsedRequest, tools: Sequence[JSONObject]) -> Reply:
    """Return the reader's next turn: calls of a tool that reads sources, or the answer."""
    needs = {tool["name"]: [role_of(name) for name in tool["input_schema"].get("required", ())] for tool in tools}
    tool = next((tool for tool in tools if needs[tool["name"]] in (["source"], ["name"])), None)
    sources, missing = list(said.given), list[str]()
    if (said.evidence or (said.is_tagged and not sources)) and tool is None and output_schema(request) is None:
        return _answer_from_evidence(said)
    if tool is not None:
        found = said.named if sources else list_sources(said, tools)
        if isinstance(found, Reply):
            return found
        plan = [fill_schema(tool["input_schema"], Facts(said.question, sources=[name])) for name in found]
        if reply := next_calls(request, said, tool, plan, "reading"):
            return reply
        for call in said.calls.values():
            name = next((str(value) for key, value in call.input.items() if role_of(key) in ("source", "name")), "")
            if call.name == tool["name"]:
                sources += [] if call.is_error else documents_in_content(call.result, name)
                missing += [name] if call.is_error else []
    if not sources and not missing:
        return decline_request(said)
    titles = said.named | {source.id: source.title for source in sources}
    passages = [passage for source in sources for passage in split_passages(source)]
    is_form = output_schema(request) is not None
    hits = search_passages(said.searched, passages, titles, per_source=is_form and len(said.given) > 1)
    return render_answer(request, said, hits, titles, missing)


def _answer_from_evidence(said: ParsedRequest) -> Reply:
    """Return an answer of the numbered quotes that share most with the question."""
    hits = search_passages(said.searched, said.evidence, {}, _MAX_QUOTES) or search_passages(
        said.searched, said.evidence, {}, _MAX_QUOTES, least=0
    )
    if not hits:
        return Reply.text(f"{READER_LABEL}: nothing found that answers the question.")
    text = f"{READER_LABEL}, {len(said.evidence)} pieces of evidence, those that share most with the question:"
    lines = [f"- {' '.join(hit.passage.text.split())} [{hit.passage.source}]" for hit in hits]
    return Reply.text("\n".join([text, *lines]))


def list_sources(said: ParsedRequest, tools: Sequence[JSONObject]) -> dict[str, str] | Reply:
    """Return the sources to read, id to title: those named, or those that a tool without required arguments lists."""
    free = {
        tool["name"]: f"{tool['name']} {tool.get('description')}"
        for tool in tools
        if not tool["input_schema"].get("required")
    }
    of_sources = [name for name in free if any(role_of(word) == "source" for word in free[name].split())]
    if said.named or not of_sources:
        return said.named
    listed = [call for call in said.calls.values() if call.name == of_sources[0]]
    if not listed:
        return Reply.text(f"{READER_LABEL}: looking at what there is.") + Reply.tool(of_sources[0])
    text = text_of(listed[-1].result)
    return (
        {} if listed[-1].is_error else dict(names_in_json(parse_json_text(text))) or names_in_lines(text.splitlines())
    )


def next_calls(
    request: JSONObject, said: ParsedRequest, tool: JSONObject, plan: list[JSON], doing: str
) -> Reply | None:
    """Return the next calls of a plan, as many as fit a turn. None: all are made, or calls are no longer allowed."""
    made = [encode(call.input) for call in said.calls.values() if call.name == tool["name"]]
    left = [value for value in plan if encode(value) not in made]
    now = left[:_MAX_CALLS_PER_TURN]
    reply = Reply.text(f"{READER_LABEL}: {doing} {len(now)} now, {len(left) - len(now)} later.")
    for value in now:
        reply += Reply.block({"type": "tool_use", "name": tool["name"], "input": value})
    return reply if now and (request.get("tool_choice") or {"type": "auto"})["type"] != "none" else None


def render_answer(
    request: JSONObject, said: ParsedRequest, hits: list[Hit], titles: dict[str, str], missing: list[str]
) -> Reply:
    """Return the answer in the form that the request wants, from passages of the sources that are not missing."""
    seen = [name for name in titles if name not in missing]
    text = f"{READER_LABEL} ({len(seen)} source{'s' * (len(seen) != 1)} read): "
    text += "the passages that share most with the question." if hits else "nothing found that answers the question."
    for hit in hits:
        place = "" if hit.passage.start is None else f", characters {hit.passage.start}-{hit.passage.end}"
        text += f"\n\n[{hit.passage.source}{place}] {hit.passage.text}"
    text += f"\n\nNot read: {', '.join(missing)}." if missing else ""
    cited = list(dict.fromkeys(hit.passage.source for hit in hits)) or (seen if len(seen) == 1 else [])
    schema = output_schema(request)
    if schema is None:
        return Reply.text(text)
    try:
        value = fill_schema(schema, Facts(said.question, text, hits, cited, titles, missing))
    except CannotFill as error:
        return Reply.text(f"{text}\n\nThe form that is asked for cannot be filled: {error}.")
    if READER_LABEL in str(value):
        return Reply.output(value)
    label = Reply.text if output_format(request) is None else Reply.thinking
    return label(f"{READER_LABEL}.") + Reply.output(value)


def decline_request(said: ParsedRequest) -> Reply:
    """Return a reply that says what this responder can do, for a request of another kind."""
    can = "quote documents that it is given or can read by name, or brief a sub-agent by a question and a source"
    return Reply.text(
        f"{READER_LABEL}. It can {can}. " + ("Neither is possible." if said.question else "Nothing is asked.")
    )
