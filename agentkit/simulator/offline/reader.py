"""The reader: reads the sources that it is given or told of, and answers with exact quotes from them."""

from __future__ import annotations

from collections.abc import Sequence

from agentkit.messages import JSONObject, encode
from agentkit.simulator.offline.answer import LABEL, answer
from agentkit.simulator.offline.fill import CannotFill, Facts, fill
from agentkit.simulator.offline.request import Said, names_in, parse, read_by
from agentkit.simulator.offline.retrieval import search
from agentkit.simulator.offline.roles import role_of
from agentkit.simulator.reply import Reply

MOST_CALLS_PER_TURN = 20


def roles(tool: JSONObject, *, only_required: bool = False) -> list[str]:
    """The roles of a tool's parameters."""
    schema = tool["input_schema"]
    return [role_of(name) for name in (schema.get("required", ()) if only_required else schema.get("properties", {}))]


def listing_tool(tools: Sequence[JSONObject]) -> JSONObject | None:
    """The tool that needs nothing and speaks most of sources: calling it says what there is."""
    free = [tool for tool in tools if not tool["input_schema"].get("required")]
    counted = [
        (sum(role_of(w) == "source" for w in f"{t['name']} {t.get('description', '')}".split()), t) for t in free
    ]
    spoken, tool = max(counted, key=lambda pair: pair[0], default=(0, None))
    return tool if spoken else None


def reading_tool(tools: Sequence[JSONObject]) -> JSONObject | None:
    """The tool that needs the name of a source and nothing else."""
    return next((tool for tool in tools if roles(tool, only_required=True) in (["source"], ["name"], ["title"])), None)


def names(said: Said, tools: Sequence[JSONObject]) -> dict[str, str] | Reply:
    """The sources to visit, id to title: those named, or those that a listing call brings."""
    lister = listing_tool(tools)
    if said.named or lister is None:
        return said.named
    listed = [call for call in said.calls if call.name == lister["name"]]
    if not listed:
        return Reply.text(f"{LABEL}: looking at what there is.") + Reply.tool(lister["name"])
    value = parse(listed[-1].text)
    lines = [line.strip() for line in listed[-1].text.splitlines() if line.strip()]
    return {} if listed[-1].is_error else dict(names_in(lines if value is None else value))


def calls_left(said: Said, tool: JSONObject, planned: Sequence[Facts], doing: str) -> Reply | None:
    """The next calls of a plan, as many as a turn takes. None: all are made."""
    made = {encode(call.input) for call in said.calls if call.name == tool["name"]}
    left = [value for facts in planned if encode(value := fill(tool["input_schema"], facts)) not in made]
    if not left:
        return None
    now = left[:MOST_CALLS_PER_TURN]
    reply = Reply.text(f"{LABEL}: {doing} {len(now)} of {len(left)}.")
    for value in now:
        reply += Reply.tool(tool["name"], **value)
    return reply


def read(request: JSONObject, said: Said, tools: Sequence[JSONObject]) -> Reply:
    """The reader's next turn: a call that brings text, or the answer."""
    tool = reading_tool(tools)
    sources = list(said.given)
    missing: list[str] = []
    visit: dict[str, str] = {}
    if tool is not None:
        found = names(said, tools) if not sources else said.named
        if isinstance(found, Reply):
            return found
        visit = found
        plan = [Facts(said.question, sources=[name]) for name in visit]
        try:
            reply = calls_left(said, tool, plan, "reading")
        except CannotFill:
            reply = None
        if reply is not None:
            return reply
        for call in said.calls:
            name = next((str(v) for k, v in call.input.items() if role_of(k) in ("source", "name", "title")), "")
            if call.name == tool["name"] and call.is_error:
                missing.append(name)
            elif call.name == tool["name"]:
                sources += read_by(call, name)
    if not sources and not missing:
        return unable(said)
    titles = visit | {source.id: source.title for source in sources}
    return answer(request, said.question, search(said.question, sources), [s.id for s in sources], missing, titles)


def unable(said: Said) -> Reply:
    """What this mind can do, for a request that asks for something else."""
    return Reply.text(
        f"{LABEL}. It can quote from documents that it is given or can read with a tool that takes a source's name, "
        "and hand the reading to a sub-agent that takes a question and a source. This request offers neither"
        + ("." if said.question else ", and asks nothing.")
    )
