"""The reader: reads the sources that it is given or told of, and answers with exact quotes from them."""

from collections.abc import Mapping, Sequence

from agentkit.messages import JSON, JSONObject, encode, text_of
from agentkit.simulator.offline.fill import CannotFill, Facts, fill, role_of
from agentkit.simulator.offline.request import Said, names_in, parse, texts_in
from agentkit.simulator.offline.retrieval import Hit, passages, search
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
        plan = [fill(tool["input_schema"], Facts(said.question, sources=[name])) for name in found]
        if reply := calls_left(request, said, tool, plan, "reading"):
            return reply
        for call in said.calls.values():
            name = next((str(value) for key, value in call.input.items() if role_of(key) in ("source", "name")), "")
            if call.name == tool["name"]:
                sources += [] if call.is_error else texts_in(call.result, name)
                missing += [name] if call.is_error else []
    if not sources and not missing:
        return unable(said)
    titles = said.named | {source.id: source.title for source in sources}
    hits = search(said.question, [passage for source in sources for passage in passages(source)], titles)
    return answer(request, said.question, hits, titles, missing)


def roles(tool: JSONObject, which: str) -> list[str]:
    """The roles of a tool's parameters: of all (`properties`) or of those that it must have (`required`)."""
    return [role_of(name) for name in tool["input_schema"].get(which, ())]


def names(said: Said, tools: Sequence[JSONObject]) -> Mapping[str, str] | Reply:
    """The sources to visit, id to title: those named, or those that a tool lists which needs to be told nothing."""
    free = {tool["name"]: f"{tool['name']} {tool.get('description')}" for tool in tools if not roles(tool, "required")}
    of_sources = [name for name in free if any(role_of(word) == "source" for word in free[name].split())]
    if said.named or not of_sources:
        return said.named
    listed = [call for call in said.calls.values() if call.name == of_sources[0]]
    if not listed:
        return Reply.text(f"{LABEL}: looking at what there is.") + Reply.tool(of_sources[0])
    text = text_of(listed[-1].result)
    return {} if listed[-1].is_error else dict(names_in(parse(text) or [*text.splitlines()]))


def calls_left(request: JSONObject, said: Said, tool: JSONObject, plan: list[JSON], doing: str) -> Reply | None:
    """The next calls of a plan, as many as a turn takes. None: all are made, or none may be made any more."""
    made = [encode(call.input) for call in said.calls.values() if call.name == tool["name"]]
    left = [value for value in plan if encode(value) not in made]
    now = left[:_MOST_CALLS_PER_TURN]
    reply = Reply.text(f"{LABEL}: {doing} {len(now)} now, {len(left) - len(now)} later.")
    for value in now:
        reply += Reply.block({"type": "tool_use", "name": tool["name"], "input": value})
    return reply if now and request.get("tool_choice", {}).get("type") != "none" else None


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
    forms = [request["output_config"]["format"]["schema"]] if "format" in request.get("output_config", {}) else []
    asked = forms or [tool["input_schema"] for tool in request.get("tools") or () if tool.get("name") == ANSWER_TOOL]
    if not asked:
        return Reply.text(text)
    try:
        value = fill(asked[0], Facts(question, text, hits, cited, titles, missing))
    except CannotFill as error:
        return Reply.text(f"{text}\n\nThe form that is asked for cannot be filled: {error}.")
    label = Reply() if LABEL in str(value) else Reply.thinking(f"{LABEL}.") if forms else Reply.text(f"{LABEL}.")
    return label + Reply.output(value)


def unable(said: Said) -> Reply:
    """What this mind can do, for a request that asks for something else."""
    can = "quote from documents, given or read with a tool that takes a source, and brief a sub-agent that takes both"
    return Reply.text(
        f"{LABEL}. It can take a question and {can}. This lacks {'them' if said.question else 'a question'}."
    )
