"""The checks before a run: what its tools ask for is there, and where money is limited, every price is known.

A run that has no deps for a tool that asks for some is refused before anything is sent. A sub-agent is judged by the
deps that it takes over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from agentkit.budget.prices import prices_of
from agentkit.budget.reply_charges import PRICE_FACTORS
from agentkit.budget.request_terms import fallback_models, server_tool_price_usd
from agentkit.errors import ConfigurationError, UsageError
from agentkit.run.delegate import delegates_of
from agentkit.run.delegation_terms import Terms, model_id
from agentkit.run.deps_source import has_own_deps, inherits_deps, is_deps_type
from agentkit.tools.signatures.deps_demand import DepsDemand, demand_of_function

if TYPE_CHECKING:
    from agentkit.budget.account import Account
    from agentkit.messages.message import JSONObject
    from agentkit.run.agent_spec import AnySpec


def check_deps_demands(spec: AnySpec, *, has_deps: bool) -> None:
    """Raise UsageError for the first tool in the tree of agents that would find no deps and asks for some."""
    for problem in _missing_deps(spec, has_deps, ""):
        raise UsageError(
            f"{problem}: pass run(..., deps=...), or give the agent what opens them, Agent(..., deps=function)."
        )


def _missing_deps(spec: AnySpec, has_deps: bool, place: str) -> Iterator[str]:
    agent = f"Agent({spec.name!r}){place}"
    if not has_deps:
        for what, demand in _demands(spec):
            yield (
                f"{agent}: {what} asks for RunContext[{demand.type_name}] (parameter `{demand.parameter}`), and the "
                "run brings no deps"
            )
        if is_deps_type(spec.deps):
            name = getattr(spec.deps, "__name__", spec.deps)
            yield f"{agent} works on deps of type {name}, and the run brings none"
    below = f", below Agent({spec.name!r}){place}"
    for tool in spec.agent_tools.tools.values():
        for delegate in delegates_of(tool):
            child = delegate.agent
            is_inherited = inherits_deps(child.deps, spec.deps, parent_has_deps=has_deps)
            yield from _missing_deps(child, has_deps if is_inherited else has_own_deps(child.deps), below)


def _demands(spec: AnySpec) -> Iterator[tuple[str, DepsDemand]]:
    """Yield what an agent's own tools and functions ask for. A tool that may not be available is not judged here."""
    functions: list[tuple[str, Callable[..., object]]] = []
    if callable(spec.instructions):
        functions.append(("its `instructions`", spec.instructions))
    for tool in spec.agent_tools.tools.values():
        if tool.available is not None:
            functions.append((f"`available=` of its tool `{tool.name}`", tool.available))
        elif (demand := tool.deps_demand) is not None:
            yield f"its tool `{tool.name}`", demand
    for what, function in functions:
        if (demand := demand_of_function(function)) is not None:
            yield what, demand


def check_prices(spec: AnySpec, accounts: Sequence[Account]) -> None:
    """Raise ConfigurationError if money is limited and something in the tree of agents has no known price."""
    is_limited = any(account.budget.max_cost_usd is not None for account in accounts)
    for problem in _price_problems(spec, is_limited=is_limited):
        raise ConfigurationError(problem)


def _price_problems(spec: AnySpec, *, is_limited: bool) -> Iterator[str]:
    budget = spec.budget
    is_limited = is_limited or (budget is not None and budget.max_cost_usd is not None)
    if is_limited:
        yield from _models_without_price(spec)
        yield from _tools_without_price(spec.name, spec.agent_tools.api_tools)
        yield from _settings_without_price(spec)
    for tool in spec.agent_tools.tools.values():
        for delegate in delegates_of(tool):
            own = delegate.terms.budget
            is_child_limited = is_limited or (own is not None and own.max_cost_usd is not None)
            if is_child_limited:
                yield from _choices_without_price(delegate.agent.name, delegate.terms)
            yield from _price_problems(delegate.agent, is_limited=is_child_limited)


def _models_without_price(spec: AnySpec) -> Iterator[str]:
    for model, has_own in ((spec.model, spec.price is not None), (spec.fallback, False)):
        name = model if isinstance(model, str) or model is None else model.name
        if name is not None and not has_own and prices_of(name) is None:
            yield (
                f"Budget(max_cost_usd=...) over Agent({spec.name!r}): the price of its model {name!r} is not known. "
                "Say it with Agent(price=Price(input=..., output=...)), in US dollars per million tokens, or limit "
                "tokens instead: Budget(max_input_tokens=..., max_output_tokens=...)."
            )


def _choices_without_price(agent: str, terms: Terms) -> Iterator[str]:
    """Yield problems of the models that may replace an agent's own; the agent's own price does not hold for them."""
    escalations = [one.model for one in terms.escalations if one.model is not None]
    for model in [*terms.models.values(), *escalations]:
        if prices_of(model_id(model)) is None:
            yield (
                f"Budget(max_cost_usd=...) over Agent({agent!r}): as_tool(...) lets it run with the model "
                f"{model_id(model)!r}, whose price is not known. Take another, or limit tokens instead."
            )


def _tools_without_price(agent: str, tools: Iterable[JSONObject]) -> Iterator[str]:
    for tool in tools:
        where = f"Budget(max_cost_usd=...) over Agent({agent!r}): its tool {tool.get('name') or tool.get('type')!r}"
        if server_tool_price_usd(tool) is None:
            yield f"{where} has a price that is known only afterwards. Leave it out, or limit requests instead."
        elif not tool.get("max_uses"):
            yield f"{where} may be used without end: give its dictionary `max_uses`."


def _settings_without_price(spec: AnySpec) -> Iterator[str]:
    models = fallback_models(spec.settings.extra)
    unknown = ["fallbacks"] if models is None else [model for model in models if prices_of(model) is None]
    if unknown:
        what = "names no models" if models is None else f"may be answered by {unknown[0]!r}"
        yield (
            f"Budget(max_cost_usd=...) over Agent({spec.name!r}): a request with the `fallbacks` of its "
            f"Settings(extra=...) {what}, so that its price is not known. Write them as a list of "
            '{"model": ...} with models of the price table, without `max_tokens` and `speed`, or limit tokens instead.'
        )
    given = [name for name in PRICE_FACTORS if name in spec.settings.extra]
    if given:
        yield (
            f"Budget(max_cost_usd=...) over Agent({spec.name!r}): Settings(extra=...) has {', '.join(given)}, which "
            "changes the price. Leave it out, or limit tokens instead."
        )
