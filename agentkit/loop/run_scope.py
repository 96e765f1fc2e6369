"""The scope of a run that begins: of a sub-agent, of a root, or of a run that the code of another one starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from agentkit.loop.durable.recorded_spending import count_recorded_spending, open_account
from agentkit.loop.parent_call import gates_of_stopped_call, nested_scope
from agentkit.run.scope import RunScope, enclosing_blocks

if TYPE_CHECKING:
    from agentkit.budget.budget import Budget
    from agentkit.loop.parent_call import ParentCall
    from agentkit.run.agent_spec import AnySpec


def scope_of_run(
    own: RunScope, spec: AnySpec, budgets: Iterable[tuple[Budget | None, str]], around: ParentCall | None
) -> RunScope:
    """Return the scope of a run of this agent: with its client and middleware, under its budgets.

    Args:
        own: That of a sub-agent's run; or that of a root, as far as its options go.
        spec: The agent.
        budgets: The budgets of the run itself, each with its owner.
        around: The call, or the run, whose code starts it. None: it is a root, or the child of a tool call.
    """
    scope = own
    if own.parent_call_id is None:
        enclosing = enclosing_blocks()
        scope = replace(own, accounts=enclosing.accounts, stop_flag=enclosing.stop_flag or own.stop_flag)
        if around is None:
            scope = replace(scope, gates=gates_of_stopped_call())
        else:
            scope = nested_scope(around, spec.name, scope)
        count_recorded_spending(scope.accounts, scope.steps)
    accounts = [open_account(budget, owner, scope.steps) for budget, owner in budgets if budget is not None]
    return replace(
        scope,
        agent_client=spec.client or scope.agent_client,
        accounts=(*scope.accounts, *accounts),
        middleware=scope.middleware.around(spec.middleware),
    )
