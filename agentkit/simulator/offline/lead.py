"""The delegating lead: one brief per document or shard to the sub-agent it has, then one answer with citations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from agentkit.messages import JSON, JSONObject
from agentkit.simulator.offline.answer import answer, quotes_in
from agentkit.simulator.offline.fill import CannotFill, Facts, fill
from agentkit.simulator.offline.passages import Passage
from agentkit.simulator.offline.reader import calls_left, names, roles, unable
from agentkit.simulator.offline.request import Call, Said, names_in, parse
from agentkit.simulator.offline.retrieval import Hit, best, rank
from agentkit.simulator.offline.roles import role_of
from agentkit.simulator.reply import Reply

_MOST_BRIEFS = 60
_MOST_QUOTES = 8
_MOST_QUOTES_PER_SOURCE = 2


def briefed_tool(tools: Sequence[JSONObject]) -> JSONObject | None:
    """The tool whose input is a brief: a question, and a source or a list of sources."""
    for tool in tools:
        if {"question", "source"} <= set(roles(tool)):
            try:
                fill(tool["input_schema"], Facts("?", sources=["?"], texts={"?": "?"}))
            except CannotFill:
                continue
            return tool
    return None


def delegate(request: JSONObject, said: Said, tools: Sequence[JSONObject], worker: JSONObject) -> Reply:
    """The lead's next turn: briefs, or the answer from what they brought."""
    found = {source.id: source.title for source in said.given} | said.named or names(said, tools)
    if isinstance(found, Reply):
        return found
    if not found:
        return unable(said)
    said.calls = [call for call in said.calls if call.is_new]
    texts = {source.id: source.text for source in said.given}
    plan = [Facts(said.question, sources=shard, titles=found, texts=texts) for shard in _shards(list(found), worker)]
    reply = calls_left(said, worker, plan, "sending briefs,")
    return reply or _merged(request, said, worker, found)


def _shards(sources: list[str], worker: JSONObject) -> list[list[str]]:
    properties = worker["input_schema"]["properties"]
    takes_list = any(role_of(name) == "source" and "items" in str(schema) for name, schema in properties.items())
    size = -(-len(sources) // _MOST_BRIEFS) if takes_list else 1
    return [sources[i : i + size] for i in range(0, len(sources), size)]


def _merged(request: JSONObject, said: Said, worker: JSONObject, found: Mapping[str, str]) -> Reply:
    read: list[str] = []
    missing: list[str] = []
    quoted: list[Passage] = []
    for call in said.calls:
        if call.name == worker["name"]:
            sources = [
                name for key, value in call.input.items() if role_of(key) == "source" for name, _ in names_in(value)
            ]
            (missing if call.is_error else read).extend(sources)
            quoted += [] if call.is_error else _quotes(call, sources[0])
    hits = rank(said.question, quoted, found) or [Hit(passage, 0, 0) for passage in quoted]
    seen: Counter[str] = Counter()
    few: list[Hit] = []
    for hit in hits:
        seen[hit.passage.source] += 1
        few += [hit] if seen[hit.passage.source] <= _MOST_QUOTES_PER_SOURCE else []
    return answer(request, said.question, best(few, _MOST_QUOTES, 0.35), read, missing, found)


def _quotes(call: Call, source: str) -> list[Passage]:
    value = parse(call.text)
    return quotes_in(call.text, source) if value is None else list(_harvest(value, source))


def _harvest(value: JSON, source: str, role: str = "") -> Iterator[Passage]:
    """The quotes in a sub-agent's answer, wherever they stand in it."""
    if isinstance(value, str) and role == "quote" and value:
        yield Passage(source, None, None, value)
    elif isinstance(value, list):
        for item in value:
            yield from _harvest(item, source, role)
    elif isinstance(value, dict):
        source = next((v for k, v in value.items() if role_of(k) == "source" and isinstance(v, str) and v), source)
        places = {role_of(k): v for k, v in value.items() if isinstance(v, int)}
        strings = {role_of(k): v for k, v in reversed(value.items()) if isinstance(v, str)}
        quote = strings.get("quote") or (strings.get("text") if "start" in places else None)
        if quote:
            start = places.get("start")
            end = places.get("end") if start is None else start + len(quote)
            yield Passage(source, start, end, quote)
        for key, inner in value.items():
            if isinstance(inner, list | dict):
                yield from _harvest(inner, source, role_of(key))
