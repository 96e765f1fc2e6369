"""Run a task's calls in two ways: applied to the shop directly, and made by scripted sub-agents of an orchestrator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agentkit import RunResult, ToolError
from agentkit.messages.message import Block, JSONObject, encode, text_of
from agentkit.testing import Reply, script
from benchmarks.retail.call_faults import CallFault, UnreliableShop
from benchmarks.retail.known_calls import KnownCall, Task
from examples.retail.agents import Assignment, Report, accounts, lead, orders, returns
from examples.retail.records import Database
from examples.retail.shop import Shop

SUB_AGENTS = (accounts, orders, returns)


@dataclass
class TaskResult:
    """The result of a task: the database, and the calls that were refused."""

    database: Database
    refused: dict[int, str] = field(default_factory=dict[int, str])
    """The texts with which the shop's rules refused calls, by the position of the call."""


def apply_directly(task: Task, database: Database) -> TaskResult:
    """Apply the calls as operations of the shop to a database: no model, no agent, no tool."""
    left = TaskResult(database)
    shop = Shop(database, task.customer_id)
    for place, call in enumerate(task.calls):
        try:
            call.directly(shop)
        except ToolError as error:
            left.refused[place] = f"{error} {error.hint or ''}".strip()
    return left


async def run_by_agents(
    task: Task, database: Database, troubles: Mapping[int, CallFault]
) -> tuple[TaskResult, Counter[str]]:
    """Let the agents make the same calls on a database. Return the result, and the number of failures by kind.

    Raises AssertionError when a run of the tree does not complete.
    """
    shop = UnreliableShop(database, task.customer_id)
    play = ScriptedModels(task.calls, shop, troubles)
    with script(play):
        result = await lead.run(task.prompt, deps=shop)
    _check_complete(result)
    assert play.is_over, f"{task.name}: the run ended before call {play.place + 1} of {len(task.calls)}"
    return TaskResult(database, play.refused), play.counts


def _check_complete(result: RunResult[object]) -> None:
    assert result.ok, f"{result.agent}: {result.outcome}: {result.reason}"
    for child in result.children:
        _check_complete(child)


class ScriptedModels:
    """The scripted models: the lead delegates each group of calls to the sub-agent that can make them, in order.

    A call that failed before its effect is made again: unchanged where the database was not reached, and corrected
    where it was malformed. A call that the rules refuse is not.
    """

    def __init__(self, calls: Sequence[KnownCall], shop: UnreliableShop, troubles: Mapping[int, CallFault]) -> None:
        self._calls = calls
        self._shop = shop
        self._troubles = dict(troubles)
        self._actors = agent_names(calls)
        self._last_delegated_to = ""
        """The sub-agent that was called last."""
        self._is_call_open = False
        """True while a call is in progress."""
        self.place = 0
        """The position of the call that comes next, or is in progress."""
        self.refused: dict[int, str] = {}
        """The results of calls that failed for good, by their positions."""
        self.counts = Counter[str]()
        """The number of other failures, by kind."""

    @property
    def is_over(self) -> bool:
        """True if every call was made."""
        return self.place == len(self._calls)

    def __call__(self, request: JSONObject) -> Reply:
        """Return the next turn of the agent that sent the request."""
        if self._is_call_open:
            self._process_result(request["messages"][-1]["content"][0])
        is_lead = any(tool["name"] == accounts.name for tool in request["tools"])
        actor = "" if self.is_over else self._actors[self.place]
        if actor == (lead.name if is_lead else self._last_delegated_to):
            return self._next_call()
        if not is_lead:
            return Reply.output(Report(answer="It is done."))
        self._last_delegated_to = actor
        errand = Assignment(task=f"Make the calls from number {self.place + 1} on.", is_confirmed=True)
        return Reply.tool(actor, **errand.model_dump()) if actor else Reply.text("All is done.")

    def _next_call(self) -> Reply:
        self._is_call_open = True
        call = self._calls[self.place]
        match self._troubles.get(self.place):
            case CallFault.WRONG_KEY:
                wrong = {f"{key}_": value for key, value in call.arguments.items()}
                return Reply.tool(call.tool.name, **wrong, wrong=True)
            case CallFault.CUT_SHORT:
                return Reply.tool_text(call.tool.name, encode({**call.arguments, "more": "text"}).decode()[:-3])
            case trouble:
                self._shop.fails_next = trouble is CallFault.NO_DATABASE
                return Reply.tool(call.tool.name, **call.arguments)

    def _process_result(self, result: Block) -> None:
        """Process the result of a call: it is done, refused, or to be made again."""
        self._is_call_open = False
        self._shop.fails_next = False  # for a call that did not come as far as the database
        trouble = self._troubles.pop(self.place, None)
        failed = bool(result.get("is_error"))
        if trouble:
            self.counts[f"failed because {trouble}, made again by {'the model' if failed else '`retries=`'}"] += 1
        if failed and trouble:
            return
        if failed:
            self.refused[self.place] = text_of(result["content"])
        self.place += 1


def agent_names(calls: Sequence[KnownCall]) -> list[str]:
    """Name the agent for each call: the previous one if it has the tool, else the first sub-agent, else the lead."""
    names: list[str] = []
    for call in calls:
        able = [clerk.name for clerk in SUB_AGENTS if call.tool.name in clerk.agent_tools.tools] or [lead.name]
        names.append(names[-1] if names and names[-1] in able else able[0])
    return names


def differences(directly: TaskResult, delegated: TaskResult) -> list[str]:
    """Return the differences between two results, a line each: parts of the databases, and refused calls."""
    found: list[str] = []
    if directly.database != delegated.database:
        one, other = directly.database.model_dump(), delegated.database.model_dump()
        found += [f"the database differs in {name}" for name in one if one[name] != other[name]]
    if directly.refused != delegated.refused:
        found.append(f"refused directly: {directly.refused}; by the agents: {delegated.refused}")
    return found
