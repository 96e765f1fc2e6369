"""The agent: a frozen value of model, instructions, tools and types, with the methods that run it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Unpack

from agentkit.agents.agent_tool import AgentTool
from agentkit.agents.completions import Completions
from agentkit.agents.conversation import Conversation, conversation_state_from
from agentkit.agents.fan_out import Done, Emit, Failed, FanOutOptions, Progress
from agentkit.agents.item_runs import run_items
from agentkit.agents.resume import journal_of, resumed_run
from agentkit.errors import UsageError
from agentkit.event_loop import context_for, running_library
from agentkit.history.conversation_state import ConversationState
from agentkit.loop.lifecycle import RunLifecycle
from agentkit.loop.parent_call import enclosing_call
from agentkit.models.batching.collector import BATCH_WAIT_S
from agentkit.run.agent_spec import AgentSpec, Deps, In, Out
from agentkit.run.delegation_terms import MAX_DEPTH, OnFailure, Terms, Verify
from agentkit.schema.validation.unknown_attributes import explain_unknown_attributes
from agentkit.schema.validation.unknown_options import refuse_unknown_fields, refuses_unknown_options
from agentkit.tools.worker_threads import run_in_thread

if TYPE_CHECKING:
    from agentkit.budget.budget import Budget
    from agentkit.messages.message import JSONObject
    from agentkit.messages.sdk_objects import SdkObject
    from agentkit.models.model import Model
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.input import Part
    from agentkit.run.result import RunResult
    from agentkit.run.streamed_run import RunHandle


@dataclass(frozen=True)
class Agent(AgentSpec[Deps, In, Out]):
    """A model with instructions, tools and an output type. Define it once, at module level, and run it often.

    `Agent("reader", model="claude-haiku-5-5", input=Document, output=Evidence, tools=[...])`. Agents are values:
    they hold no connection and no conversation, and one may run many times at once.
    """

    async def run(self, prompt: In | str | Sequence[Part], **options: Unpack[RunOptions[Deps]]) -> RunResult[Out]:
        """Run to the end and return the result. See `RunOptions` for the options.

        Failures of the API, the model or a tool are in the result: look at `result.outcome`. Raises UsageError, or its
        subclass ConfigurationError, for what only the caller can put right.

        Args:
            prompt: A text, a list of content, or a value of the agent's input type.
            options: See `RunOptions`.
        """
        run = RunLifecycle(self, ConversationState(), prompt, options)
        await run.run(None)
        return run.result()

    async def resume(
        self, run_id: str, /, *, again: bool = False, **options: Unpack[RunOptions[Deps]]
    ) -> RunResult[Out]:
        """Continue a run of a journal where its process died: `await agent.resume("order-17", journal="runs.db")`.

        What the journal has recorded is not sent and not called again; of a run that has ended it is the whole result.
        Takes and raises what `run` does.

        Args:
            run_id: The id of the run.
            again: True: a run that ended `failed` goes on from its last request, one that ended `budget_exhausted` from
                the first that was not covered.
            options: See `RunOptions`; `journal` is needed.

        Raises:
            UsageError: The journal has no such run, or `again` is given for one that ended otherwise.
            RunInProgress: Somebody else executes it.
            RunConflict: It is a run of another agent, or asks something else than was recorded.
            JournalError: The journal cannot be read.
        """
        store = journal_of(run_id, options)
        if again:
            await run_in_thread(partial(store.reopen, run_id), name="reopen a run")
        run = resumed_run(self, run_id, options)
        await run.run(None)
        return run.result()

    def stream(self, prompt: In | str | Sequence[Part], **options: Unpack[RunOptions[Deps]]) -> RunHandle[Out]:
        """Run and read the events as they come: `async with agent.stream(...) as run: async for event in run: ...`.

        Leaving the block cancels the run and all that it started. `run.result` is available afterwards.

        Args:
            prompt: A text, a list of content, or a value of the agent's input type.
            options: See `RunOptions`.
        """
        return self.conversation().stream(prompt, **options)

    def run_sync(self, prompt: In | str | Sequence[Part], **options: Unpack[RunOptions[Deps]]) -> RunResult[Out]:
        """Call `run` from a script without an event loop. Raises UsageError inside a running loop: use `await`.

        Args:
            prompt: A text, a list of content, or a value of the agent's input type.
            options: See `RunOptions`.
        """
        import anyio

        library = running_library()
        if library is not None:
            raise UsageError(f"run_sync was called inside a running {library} event loop: use `await agent.run(...)`.")
        around = enclosing_call()
        if around is not None and around.nested_runs.can_run_from_thread:  # a tool's thread: there it shares the client
            return around.nested_runs.run_from_thread(lambda: self.run(prompt, **options))
        return context_for(None).run(anyio.run, lambda: self.run(prompt, **options))

    @refuses_unknown_options("conversation(...)")
    def conversation(
        self, earlier: JSONObject | Sequence[JSONObject | SdkObject] | None = None
    ) -> Conversation[Deps, In, Out]:
        """Return a conversation: several messages to the same agent, each a run that continues from the ones before.

        Args:
            earlier: The earlier conversation. A value of `Conversation.save` is continued with its own system prompt
                and tools; a note to the model lists what has changed in the agent since. Messages
                (`result.messages`, or the SDK's), or a conversation of another agent or model, start a new one, without
                the thinking. Calls at its end may be answered by `tool_result` blocks in the first prompt.
                None: an empty conversation.

        Raises:
            UsageError: `earlier` is none of these; the text says what is wrong with it.
        """
        return Conversation(self) if earlier is None else Conversation(self, conversation_state_from(earlier))

    async def map(
        self,
        items: Iterable[In | str],
        *,
        concurrency: int | None = None,
        progress: Progress[Out] | None = None,
        batch: bool = False,
        batch_wait_s: float = BATCH_WAIT_S,
        **options: Unpack[RunOptions[Deps]],
    ) -> list[Done[Out] | Failed]:
        """Run every item in a conversation of its own, at most `concurrency` at once; the results are in order.

        One item's failure never costs another's result. An iterator that raises ends the items: its error is the last
        entry, a `Failed`. Raises ConfigurationError for what is missing before anything is sent: credentials, a price.

        Args:
            items: The inputs or prompts, one a run.
            concurrency: The most runs at once. Default: 16; with `batch`, 10,000.
            progress: Called with each `Done` or `Failed` as it comes, sync or async.
            batch: True: the requests of one turn of all items form a message batch, at half the price. It may take
                hours: give a `journal`, so that a process that dies goes on waiting for the same batch.
            batch_wait_s: Seconds after which a batch is canceled; what it has not come to is requested directly, at the
                full price. Default: a day, as long as the API works on a batch.
            options: See `RunOptions`.
        """
        return await run_items(self, items, None, FanOutOptions(concurrency, progress, batch, batch_wait_s), options)

    def as_completed(
        self,
        items: Iterable[In | str],
        *,
        concurrency: int | None = None,
        progress: Progress[Out] | None = None,
        batch: bool = False,
        batch_wait_s: float = BATCH_WAIT_S,
        **options: Unpack[RunOptions[Deps]],
    ) -> Completions[Out]:
        """Run every item as `map` does, and return each result as it comes: `async for result in ...`.

        Items are taken from the iterable only as runs become free, and no result is kept. Leaving the loop cancels the
        rest; inside of `async with agent.as_completed(...) as results:` the end of the block waits for that, too.

        Args:
            items: The inputs or prompts, one a run.
            concurrency: The most runs at once, and the most results that wait for their reader. Default: as `map`.
            progress: Called with each `Done` or `Failed` as it comes, sync or async.
            batch: As in `map`.
            batch_wait_s: As in `map`.
            options: See `RunOptions`.
        """
        how = FanOutOptions(concurrency, progress, batch, batch_wait_s)

        async def work(emit: Emit[Out]) -> None:
            await run_items(self, items, emit, how, options)

        return Completions(work, how.most_at_once)

    @refuses_unknown_options("as_tool(...)")
    def as_tool(
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        budget: Budget | None = None,
        timeout_s: float | None = None,
        max_calls: int | None = None,
        max_depth: int = MAX_DEPTH,
        models: Mapping[str, str | Model] | None = None,
        verify: Verify[Out] | None = None,
        on_failure: OnFailure = "tell",
    ) -> AgentTool[In, Out]:
        """Return this agent as a tool that another one may call: delegation.

        The parent's model fills in the input type, or a `Brief` where that is `str`; the child runs in a
        conversation of its own, and its output goes back as compact JSON. Its usage counts in the parent's result.

        Args:
            name: The name of the tool. None: the agent's name.
            description: The description of the tool. None: the agent's description.
            budget: A limit on each call, all its tries together. None: only the limits above it.
            timeout_s: Seconds that each call may take, all its tries together; then the child is stopped, and the
                parent's model reads how far it came. None: no limit but those above.
            max_calls: The most calls that one run of the parent may make; further ones are answered with an error.
            max_depth: The deepest level below the root run at which this agent may run: 1 is directly below it.
            models: The models that the parent's model may choose from, by the names that it uses:
                `{"fast": "claude-haiku-5-5", "deep": "claude-opus-5-5"}`. Without a choice it is the agent's own.
            verify: A function of the output, sync or async: None when it is right, otherwise the reason, in a sentence
                for the child, which answers again, as when an output does not fit its type.
            on_failure: The policy when there is no answer: "tell" the parent's model, "retry" once before that, or
                `Escalate("claude-opus-5-5")`, one try by another model, which is shown what failed and why. A list of
                these: one after another.

        Raises:
            DefinitionError: One of these cannot work.
        """
        terms = Terms[Out](
            budget=budget,
            timeout_s=timeout_s,
            max_calls=max_calls,
            max_depth=max_depth,
            models={} if models is None else models,
            verify=verify,
            on_failure=on_failure,
        )
        return AgentTool(self, name or self.name, description or self.description, terms)


refuse_unknown_fields(Agent, "Agent(...)")
explain_unknown_attributes(
    Agent,
    {
        "an agent is run with `await agent.run(prompt)`, or `agent.run_sync(prompt)`": "invoke ainvoke kickoff arun",
        "the events of a run come from `agent.stream(prompt)`": "astream iter run_stream run_stream_events",
        "many inputs run with `await agent.map(items)`": "batch abatch",
        "put `@tool` on the function, and give it with `Agent(..., tools=[...])`": "tool tool_plain bind_tools",
    },
)
