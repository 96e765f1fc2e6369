"""The delegating lead: one brief to a sub-agent per document or shard, then one answer with citations."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from agentkit.messages.message import JSON, JSONObject, text_of
from agentkit.retrieval.passages import Hit, Passage, search_passages
from agentkit.simulator.offline.fill import CannotFill, Facts, fill_schema, role_of
from agentkit.simulator.offline.reader import (
    READER_LABEL,
    ParsedRequest,
    decline_request,
    list_sources,
    next_calls,
    parse_json_text,
    render_answer,
    strings_by_role,
)
from agentkit.simulator.replies.reply import Reply

_MAX_BRIEFS = 60
_MAX_QUOTES = 8


def find_delegation_tool(tools: Sequence[JSONObject]) -> JSONObject | None:
    """Return the tool whose input is a brief: a question, and a source or a list of sources. None: there is none."""
    for tool in tools:
        with suppress(CannotFill):
            if {"question", "source"} <= {*map(role_of, tool["input_schema"].get("properties", ()))}:
                fill_schema(tool["input_schema"], Facts("?", sources=["?"]))
                return tool
    return None


def next_lead_turn(request: JSONObject, said: ParsedRequest, tools: Sequence[JSONObject], worker: JSONObject) -> Reply:
    """Return the lead's next turn: calls with briefs, or the answer from their results."""
    found = {source.id: source.title for source in said.given} | said.named or list_sources(said, tools)
    if isinstance(found, Reply) or not found:
        return found if isinstance(found, Reply) else decline_request(said)
    ids = list(found)
    takes_list = any(role_of(k) == "source" and "items" in v for k, v in worker["input_schema"]["properties"].items())
    size = -(-len(ids) // _MAX_BRIEFS) if takes_list else 1
    shards = [ids[i : i + size] for i in range(0, len(ids), size)]
    plan = [fill_schema(worker["input_schema"], Facts(said.question, sources=shard, titles=found)) for shard in shards]
    if reply := next_calls(request, said, worker, plan, "sending briefs,"):
        return reply
    quoted, missing = list[Passage](), list[str]()
    for call in said.calls.values():
        if call.name == worker["name"] and call.input in plan:
            shard = shards[plan.index(call.input)]
            missing += shard if call.is_error else []
            quoted += [] if call.is_error else _quoted_passages(text_of(call.result), shard[0])
    hits = search_passages(said.searched, quoted, found, _MAX_QUOTES, least=0) or [Hit(each, 0, 0) for each in quoted]
    return render_answer(request, said, hits[:_MAX_QUOTES], found, missing)


def _quoted_passages(text: str, source: str) -> list[Passage]:
    """Return the quotes in a sub-agent's result: those in JSON, those of our reader's text, or the whole text."""
    value = parse_json_text(text)
    if value is not None or not text.startswith(READER_LABEL):
        return list(_quotes_in_json(value, source)) if value is not None else [Passage(source, None, None, text)]
    found, at = list[Passage](), 0
    while each := re.compile(r"^\[(.+), characters (\d+)-(\d+)\] ", re.MULTILINE).search(text, at):
        start, end = int(each[2]), int(each[3])
        at = each.end() + end - start
        found.append(Passage(each[1], start, end, text[each.end() : at]))
    return found


def _quotes_in_json(value: JSON, source: str, role: str = "") -> Iterator[Passage]:
    """Yield the quotes in a sub-agent's JSON result, at any depth."""
    if isinstance(value, str) and role == "quote" and value:
        yield Passage(source, None, None, value)
    elif isinstance(value, list):
        for item in value:
            yield from _quotes_in_json(item, source, role)
    elif isinstance(value, dict):
        strings = strings_by_role(value)
        places = {role_of(key): inner for key, inner in value.items() if isinstance(inner, int)}
        source = strings.get("source") or source
        if quote := strings.get("quote") or (strings.get("text") if "start" in places else None):
            yield Passage(source, places.get("start"), places.get("end"), quote)
        for key, inner in value.items():
            yield from _quotes_in_json(inner, source, role_of(key)) if isinstance(inner, list | dict) else ()
