"""The lifecycle of one run: open the models, deps and transcript, run the agent loop, close everything."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, cast

from agentkit.budget.account import Account, Purse
from agentkit.errors import UsageError
from agentkit.history.saved import Saved
from agentkit.history.transcript import Transcript, open_transcript
from agentkit.log import hiding, is_logged, log
from agentkit.loop.actions import Finish
from agentkit.loop.agent_loop import Run
from agentkit.loop.model_call import Asking
from agentkit.loop.model_turns import Dialogue
from agentkit.loop.price_check import check_prices
from agentkit.messages.message import text_of
from agentkit.models.claude import ClaudeModel
from agentkit.models.client import lease, overriding
from agentkit.models.rate_limiting.limiter import governor_of
from agentkit.redaction.redactor import credentials_of
from agentkit.run.agent_spec import AgentSpec, AnySpec, Deps, In, Out
from agentkit.run.outcome import Outcome
from agentkit.run.result import RunResult
from agentkit.run.scope import Listener, Scope, enclosing
from agentkit.run.steps import InMemorySteps
from agentkit.tools.artifacts.artifact import Artifacts
from agentkit.tools.run_context import RunContext

if TYPE_CHECKING:
    from agentkit.loop.output_validation import Check
    from agentkit.loop.parent_call import Delegation
    from agentkit.messages.message import Content
    from agentkit.models.model import Model
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.input import Part


@dataclass
class Chat:
    """The state that a conversation keeps between its runs."""

    transcript: Transcript | None = None
    is_busy: bool = False
    """True while a run of the conversation is in progress."""
    saved: Saved | None = None
    """The saved conversation that it continues. None: it begins empty."""
    artifacts: Artifacts = field(default_factory=Artifacts)
    """Artifacts of long tool results, kept as long as the conversation object lives."""


@dataclass
class Job(Generic[Deps, In, Out]):
    """One run with all that it needs. Call `run` once; `result` returns the result so far at any time."""

    spec: AgentSpec[Deps, In, Out]
    chat: Chat
    prompt: In | str | Sequence[Part]
    options: RunOptions[Deps]
    parent: Delegation | None = None
    """The tool call that this run is the child of. None: it is the root of a tree."""
    check: Check[Out] | None = None
    """A check of the output beyond its type. None: no further check."""
    run: Run[Deps, In, Out] | None = None
    """The loop. None: the run ended, or was cancelled, before it could start."""

    def __post_init__(self) -> None:
        if self.options.keys() & {"model", "settings", "tools"}:  # only then: a new spec compiles its types again
            self.spec = self._overridden()
        self._run_id = self.options.get("run_id") or f"run-{secrets.token_hex(8)}"
        if self.parent is not None:
            self._run_id = self.parent.child(self.spec.name).run_id
        self._reads_artifacts = False
        self._never_began = Finish(Outcome.CANCELLED, "The run was cancelled before it began.")

    def _overridden(self) -> AgentSpec[Deps, In, Out]:
        return replace(
            self.spec,
            model=self.options.get("model", self.spec.model),
            settings=self.options.get("settings", self.spec.settings),
            tools=self.options.get("tools", self.spec.tools),
        )

    async def perform(self, listener: Listener | None) -> None:
        """Run to the end. Raises UsageError for what only the caller can put right; the rest is in the result."""
        if self.chat.is_busy:
            raise UsageError(f"This conversation with {self.spec.name!r} is in the middle of a run: await that first.")
        content = self.spec.prompt.content(self.prompt)
        scope = self._scope(listener)
        self._reads_artifacts = scope.artifacts.are_named_in(text_of(content))
        check_prices(self.spec, scope.accounts)
        self.chat.is_busy = True
        try:
            async with AsyncExitStack() as stack:
                purse = Purse(scope.accounts)
                stack.callback(purse.close)
                asked = (self.spec.model, self.spec.fallback)
                models = [await stack.enter_async_context(_open_model(one, self.spec, scope)) for one in asked if one]
                known = [value for model in models for value in credentials_of(getattr(model, "client", None))]
                scope = replace(scope, redactor=scope.redactor.and_also(self.spec.redact, known))
                deps = await stack.enter_async_context(_open_deps(self.spec, self.options, self.parent))
                _check_children(self.spec, has_deps=deps is not None)
                transcript = await self._transcript(deps, scope, models[0].name)
                stack.enter_context(hiding(scope.redactor))
                _log_start(self.spec, scope)
                prompt = scope.redactor.content(transcript.with_news(content))
                dialogue = self._dialogue(scope, transcript, models, deps, purse, prompt)
                self.run = Run(self.spec, scope, dialogue, deps, self.check)
                await self.run.drive()
        except UsageError as error:
            self._never_began = Finish(Outcome.FAILED, str(error))
            raise
        finally:
            self.chat.is_busy = False

    def result(self) -> RunResult[Out]:
        """Return the run's result so far."""
        if self.run is not None:
            return self.run.result()
        return RunResult(
            run_id=self._run_id,
            agent=self.spec.name,
            outcome=self._never_began.outcome,
            reason=self._never_began.reason,
        )

    def _scope(self, listener: Listener | None) -> Scope:
        if self.parent is not None:
            scope = self.parent.child(self.spec.name)
            owner = f"the delegation to {self.spec.name!r}"
        else:
            steps = self.options.get("steps") or InMemorySteps()
            client = self.options.get("client")
            around = enclosing()
            path, artifacts = (self.spec.name,), self.chat.artifacts
            scope = Scope(self._run_id, path, steps, client=client, listener=listener, artifacts=artifacts)
            scope = replace(scope, accounts=around.accounts, tree=around.tree or scope.tree)
            owner = "the run"
        budgets = ((self.options.get("budget"), owner), (self.spec.budget, f"the agent {self.spec.name!r}"))
        accounts = [Account(budget, owner) for budget, owner in budgets if budget is not None]
        return replace(
            scope, agent_client=self.spec.client or scope.agent_client, accounts=(*scope.accounts, *accounts)
        )

    def _dialogue(
        self, scope: Scope, transcript: Transcript, models: list[Model], deps: Deps, purse: Purse, content: Content
    ) -> Dialogue:
        asking = Asking(scope, self.spec.retry, purse, self.spec.own_prices, self.spec.around_model)

        async def relaxed() -> Transcript:
            ctx, reads = self._context(deps, scope), self._reads_artifacts
            return await open_transcript(self.spec, ctx, scope.steps, is_strict=False, reads_artifacts=reads)

        model, *others = models
        fallback = others[0] if others else None
        return Dialogue(scope, transcript, self.spec.settings, model, fallback, asking, content, relaxed)

    def _context(self, deps: Deps, scope: Scope) -> RunContext[Deps]:
        """Return the context that `instructions` and `available=` functions are called with."""
        return RunContext(deps=deps, run_id=scope.run_id, agent=self.spec.name, redactor=scope.redactor)

    async def _transcript(self, deps: Deps, scope: Scope, model: str) -> Transcript:
        if self.chat.transcript is None:
            ctx, reads = self._context(deps, scope), self._reads_artifacts
            self.chat.transcript = await open_transcript(
                self.spec, ctx, scope.steps, model, self.chat.saved, reads_artifacts=reads
            )
        elif "tools" in self.options:
            raise UsageError("A conversation keeps the tools of its first message: give `tools=` with that one.")
        self.chat.transcript.turn_to(model)
        return self.chat.transcript


@asynccontextmanager
async def _open_model(model: str | Model, spec: AnySpec, scope: Scope) -> AsyncGenerator[Model]:
    """Open a model: with the overriding or the run's client, the agent's own model or client, or the shared client."""
    if not isinstance(model, str) and scope.client is None and overriding.get() is None:
        yield model
        return
    name = model if isinstance(model, str) else model.name
    async with lease(scope.client or scope.agent_client) as client:
        yield ClaudeModel(name, client, spec.retry.idle_timeout_s, governor_of(client, name))


@asynccontextmanager
async def _open_deps(
    spec: AgentSpec[Deps, In, Out], options: RunOptions[Deps], parent: Delegation | None
) -> AsyncGenerator[Deps]:
    """Open the value for `ctx.deps`: as given, the delegating run's, or one for this run."""
    if "deps" in options:
        yield options["deps"]
    elif parent is not None and parent.serves(spec.deps):
        yield cast("Deps", parent.deps)
    elif spec.deps is None:
        yield cast("Deps", None)
    elif isinstance(spec.deps, type):
        raise _no_deps(spec)
    else:
        async with spec.deps() as deps:
            yield deps


def _log_start(spec: AnySpec, scope: Scope) -> None:
    """Log the start of a run, with the tools whose effect is not declared and the use of declaring it."""
    if not is_logged(logging.INFO):
        return
    undeclared = [tool.name for tool in spec.toolbox.tools.values() if tool.declared_effect is None]
    facts: dict[str, object] = {"run_id": scope.run_id, "agent": spec.name}
    if undeclared:
        facts["without_effect"] = undeclared
        facts["hint"] = 'taken for "write", so never retried or started early; declare @tool(effect="read") where true'
    log().info("run started", **facts)


def _check_children(spec: AnySpec, *, has_deps: bool) -> None:
    """Raise UsageError for a sub-agent, however deep, that would find no deps. Called before anything is spent."""
    for tool in spec.toolbox.tools.values():
        for delegate in tool.delegates:
            child: AnySpec = getattr(delegate, "agent")  # noqa: B009 - an AgentTool, which stands above this file
            if isinstance(child.deps, type) and not has_deps:
                raise _no_deps(child)
            _check_children(child, has_deps=has_deps or child.deps is not None)


def _no_deps(spec: AnySpec) -> UsageError:
    name = getattr(spec.deps, "__name__", spec.deps)
    return UsageError(
        f"Agent({spec.name!r}) works on deps of type {name}: pass run(..., deps=...), or give the agent a factory "
        "instead of the type."
    )
