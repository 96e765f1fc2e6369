"""The delegating lead: one brief per document or shard to the sub-agent it has, then one answer with citations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from agentkit.messages import JSON, JSONObject, text_of
from agentkit.simulator.offline.fill import CannotFill, Facts, fill, role_of
from agentkit.simulator.offline.reader import LABEL, answer, calls_left, is_last, names, roles, unable
from agentkit.simulator.offline.request import Call, Said, names_in, parse
from agentkit.simulator.offline.retrieval import Hit, Passage, best, rank
from agentkit.simulator.reply import Reply

_MOST_BRIEFS, _MOST_QUOTES, _MOST_QUOTES_PER_SOURCE = 60, 8, 2


def briefed_tool(tools: Sequence[JSONObject]) -> JSONObject | None:
    """The tool whose input is a brief: a question, and a source or a list of sources."""
    for tool in tools:
        try:
            if {"question", "source"} <= {*roles(tool, "properties")}:
                fill(tool["input_schema"], Facts("?", sources=["?"]))
                return tool
        except CannotFill:
            continue
    return None


def delegate(request: JSONObject, said: Said, tools: Sequence[JSONObject], worker: JSONObject) -> Reply:
    """The lead's next turn: briefs, or the answer from what they brought."""
    found = {source.id: source.title for source in said.given} | said.named or names(said, tools)
    if isinstance(found, Reply):
        return found
    ids = list(found)
    takes_list = any(role_of(k) == "source" and "items" in v for k, v in worker["input_schema"]["properties"].items())
    size = -(-len(ids) // _MOST_BRIEFS) if takes_list and ids else 1
    shards = [ids[i : i + size] for i in range(0, len(ids), size)]
    plan = [fill(worker["input_schema"], Facts(said.question, sources=shard, titles=found)) for shard in shards]
    reply = calls_left(said, worker, plan, "sending briefs,")
    if reply is not None and not is_last(request):
        return reply
    quoted: list[Passage] = []
    missing: list[str] = []
    for call in said.calls.values() if ids else ():
        if call.name == worker["name"] and call.input in plan:
            shard = shards[plan.index(call.input)]
            missing += shard if call.is_error else []
            quoted += [] if call.is_error else _quotes(call, shard[0])
    hits = rank(said.question, quoted, found) or [Hit(passage, 0, 0) for passage in quoted]
    times: Counter[str] = Counter()
    few: list[Hit] = []
    for hit in hits:
        times[hit.passage.source] += 1
        few += [hit] if times[hit.passage.source] <= _MOST_QUOTES_PER_SOURCE else []
    return answer(request, said.question, best(few, _MOST_QUOTES, 0.35), found, missing) if ids else unable(said)


def _quotes(call: Call, source: str) -> Iterator[Passage]:
    """What a sub-agent quotes: in JSON, in the text of a reader like ours, or all that it says."""
    text = text_of(call.result)
    value = parse(text)
    if value is not None:
        yield from _harvest(value, source)
    elif not text.startswith(LABEL):
        yield Passage(source, None, None, text)
    for found in re.finditer(r"^\[(.+), characters (\d+)-(\d+)\] ", text if value is None else "", re.MULTILINE):
        start, end = int(found[2]), int(found[3])
        yield Passage(found[1], start, end, text[found.end() : found.end() + end - start])


def _harvest(value: JSON, source: str, role: str = "") -> Iterator[Passage]:
    """The quotes in a sub-agent's answer, wherever they stand in it."""
    if isinstance(value, str) and role == "quote" and value:
        yield Passage(source, None, None, value)
    elif isinstance(value, list):
        for item in value:
            yield from _harvest(item, source, role)
    elif isinstance(value, dict):
        strings = {role_of(key): inner for key, inner in reversed(value.items()) if isinstance(inner, str)}
        places = {role_of(key): inner for key, inner in value.items() if isinstance(inner, int)}
        source = next(names_in(strings.get("source", "")), (source, ""))[0]
        quote = strings.get("quote") or (strings.get("text") if "start" in places else None)
        if quote:
            yield Passage(source, places.get("start"), places.get("end"), quote)
        for key, inner in value.items():
            yield from _harvest(inner, source, role_of(key)) if isinstance(inner, list | dict) else ()
