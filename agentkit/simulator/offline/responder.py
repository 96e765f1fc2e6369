"""The offline responder: a deterministic reader, a delegating lead, a classifier by examples.

It is not a language model, and says so in its replies wherever there is room for it.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from agentkit.messages.message import JSONObject
from agentkit.simulator.offline.classifier import classify, find_classification_task
from agentkit.simulator.offline.fill import CannotFill
from agentkit.simulator.offline.funnel import next_funnel_turn
from agentkit.simulator.offline.lead import find_delegation_tool, next_lead_turn
from agentkit.simulator.offline.reader import READER_LABEL, decline_request, next_reader_turn, read_request
from agentkit.simulator.offline.repair import repair_calls
from agentkit.simulator.replies.reply import Reply
from agentkit.simulator.replies.wanted_output import is_output_sent_back, output_schema
from agentkit.tools.reserved_names import ANSWER_TOOL


@dataclass(frozen=True, slots=True)
class OfflineResponder:
    """Answers questions about texts that it, or a sub-agent, reads. The same request always gets the same reply."""

    allowed_tools: Collection[str] | None = None
    """Names of the tools that it may call. None: all."""

    async def answer(self, request: JSONObject) -> Reply:
        """Return the next turn; see `Responder.answer`. A typed output that it cannot give is declined."""
        if output_schema(request) is None:
            return self._next_turn(request)
        if is_output_sent_back(request):
            return _refuse_output("what it could fill in was not accepted.")
        reply = self._next_turn(request)
        return reply if reply.has_output or reply.has_calls else reply + _refuse_output(reply.last_paragraph)

    def _next_turn(self, request: JSONObject) -> Reply:
        if task := find_classification_task(request):
            return classify(task)
        said = read_request(request)
        if narrowed := next_funnel_turn(request, said):
            return narrowed
        tools = [tool for tool in request.get("tools") or () if "input_schema" in tool and tool["name"] != ANSWER_TOOL]
        tools = [tool for tool in tools if self.allowed_tools is None or tool["name"] in self.allowed_tools]
        if again := repair_calls({**request, "tools": tools}, said):
            return again
        worker = find_delegation_tool(tools)
        with suppress(CannotFill):
            if said.question:
                return (
                    next_reader_turn(request, said, tools)
                    if worker is None
                    else next_lead_turn(request, said, tools, worker)
                )
        return decline_request(said)


def _refuse_output(reason: str) -> Reply:
    why = reason.removeprefix(f"{READER_LABEL}. ")
    return Reply.refusal(f"the offline responder is not a language model and cannot give this typed output: {why}", "")
