"""The reader: reads the sources that it is given or told of, and answers with exact quotes from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentkit.messages import JSONObject, encode, text_of
from agentkit.simulator.offline.fill import CannotFill, Facts, fill, role_of
from agentkit.simulator.offline.request import Said, names_in, parse
from agentkit.simulator.offline.retrieval import Hit, search
from agentkit.simulator.reply import ANSWER_TOOL, Reply

LABEL = "Offline reader, not a language model"
_MOST_CALLS_PER_TURN = 20


def read(request: JSONObject, said: Said, tools: Sequence[JSONObject]) -> Reply:
    """The reader's next turn: calls that bring text, or the answer."""
    tool = next((tool for tool in tools if roles(tool, "required") in (["source"], ["name"])), None)
    sources, missing = list(said.given), list[str]()
    if tool is not None:
        found = said.named if sources else names(said, tools)
        if isinstance(found, Reply):
            return found
        plan = [fill(tool["input_schema"], Facts(said.question, sources=[name], titles={name: name})) for name in found]
        reply = calls_left(said, tool, plan, "reading")
        if reply is not None and not is_last(request):
            return reply
        for call in said.calls.values():
            name = next((str(value) for key, value in call.input.items() if role_of(key) in ("source", "name")), "")
            if call.name == tool["name"]:
                sources += [] if call.is_error else call.texts(name)
                missing += [name] if call.is_error else []
    if not sources and not missing:
        return unable(said)
    titles = said.named | {source.id: source.title for source in sources}
    return answer(request, said.question, search(said.question, sources), titles, missing)


def roles(tool: JSONObject, which: str) -> list[str]:
    """The roles of a tool's parameters: of all (`properties`) or of those that it must have (`required`)."""
    return [role_of(name) for name in tool["input_schema"].get(which, ())]


def names(said: Said, tools: Sequence[JSONObject]) -> Mapping[str, str] | Reply:
    """The sources to visit, id to title: those named, or those that a tool lists which needs to be told nothing."""
    words = {tool["name"]: f"{tool['name']} {tool.get('description', '')}".replace("_", " ").split() for tool in tools}
    free = [tool["name"] for tool in tools if not roles(tool, "required")]
    lister = next((name for name in free if any(role_of(word) == "source" for word in words[name])), None)
    if said.named or lister is None:
        return said.named
    listed = [call for call in said.calls.values() if call.name == lister]
    if not listed:
        return Reply.text(f"{LABEL}: looking at what there is.") + Reply.tool(lister)
    text = text_of(listed[-1].result)
    lines = [line for line in text.splitlines() if line.strip()]
    return {} if listed[-1].is_error else dict(names_in(parse(text) or [*lines]))


def calls_left(said: Said, tool: JSONObject, plan: Sequence[object], doing: str) -> Reply | None:
    """The next calls of a plan, as many as a turn takes. None: all are made."""
    made = {encode(call.input) for call in said.calls.values() if call.name == tool["name"]}
    left = [value for value in plan if encode(value) not in made]
    reply = Reply.text(
        f"{LABEL}: {doing} {len(made) + 1} to {len(plan) - len(left[_MOST_CALLS_PER_TURN:])} of {len(plan)}."
    )
    for value in left[:_MOST_CALLS_PER_TURN]:
        reply += Reply.block({"type": "tool_use", "name": tool["name"], "input": value})
    return reply if left else None


def is_last(request: JSONObject) -> bool:
    """Whether no call may be made any more."""
    return bool(request.get("tool_choice", {}).get("type") == "none")


def answer(
    request: JSONObject, question: str, hits: Sequence[Hit], titles: Mapping[str, str], missing: Sequence[str]
) -> Reply:
    """The answer in the form that is asked for, from passages of the sources in `titles` that are not missing."""
    seen = [name for name in titles if name not in missing]
    text = f"{LABEL} ({len(seen)} source{'s' * (len(seen) != 1)} read): "
    text += "the passages that share most with the question." if hits else "nothing found that answers the question."
    for hit in hits:
        place = "" if hit.passage.start is None else f", characters {hit.passage.start}-{hit.passage.end}"
        text += f"\n\n[{hit.passage.source}{place}] {hit.passage.text}"
    text += f"\n\nNot read: {', '.join(missing)}." if missing else ""
    cited = list(dict.fromkeys(hit.passage.source for hit in hits)) or (seen if len(seen) == 1 else [])
    tools = {tool["name"]: tool for tool in request.get("tools") or () if "name" in tool}
    asked = (request.get("output_config") or {}).get("format")
    schema = asked["schema"] if asked else tools.get(ANSWER_TOOL, {}).get("input_schema")
    if schema is None:
        return Reply.text(text)
    try:
        value = fill(schema, Facts(question, text, hits, cited, titles, missing))
    except CannotFill as error:
        return Reply.text(f"{text}\n\nThe form that is asked for cannot be filled: {error}.")
    label = Reply() if LABEL in str(value) else Reply.thinking(f"{LABEL}.") if asked else Reply.text(f"{LABEL}.")
    return label + Reply.output(value)


def unable(said: Said) -> Reply:
    """What this mind can do, for a request that asks for something else."""
    return Reply.text(
        f"{LABEL}. It can quote from documents that it is given or can read with a tool that takes a source's name, "
        "and hand the reading to a sub-agent that takes a question and a source. This request offers neither"
        + ("." if said.question else ", and asks nothing.")
    )
