"""Runs of a journal that go on without a prompt: it is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from agentkit.agents.conversation import conversation_state_from
from agentkit.errors import UsageError
from agentkit.history.conversation_state import ConversationState
from agentkit.loop.durable.recorded_input import FROM_JOURNAL
from agentkit.loop.lifecycle import RunLifecycle
from agentkit.loop.opening import store_of
from agentkit.run.streamed_run import RunHandle

if TYPE_CHECKING:
    from agentkit.run.agent_spec import AgentSpec, Deps, In, Out, RunOptions
    from agentkit.run.steps import StepsStore


def journal_of(run_id: str, options: RunOptions[Deps]) -> StepsStore:
    """Return the journal of a run that is resumed. Raises UsageError if there is none, among its options or on disk."""
    journal = options.get("journal")
    if not run_id:
        raise UsageError(f"resume({run_id!r}): give the id of the run.")
    if journal is None:
        raise UsageError(f'resume({run_id!r}): give the journal of the run, `journal="runs.db"`.')
    from agentkit.journal.journal import Journal, check_is_there  # late: few runs have one

    store = store_of(journal)
    if isinstance(store, Journal):
        check_is_there(store.path, run_id)
    return store


def resumed_run(
    spec: AgentSpec[Deps, In, Out], run_id: str, options: RunOptions[Deps], earlier: object = None
) -> RunLifecycle[Deps, In, Out]:
    """Return a run of a journal, which goes on where it was interrupted.

    Args:
        spec: The agent.
        run_id: The id of the run.
        options: Its options, the journal among them.
        earlier: The conversation before the run, as `Conversation.save` has returned it. None: it began with the run.
    """
    given: RunOptions[Deps] = {**options, "journal": journal_of(run_id, options), "run_id": run_id}
    conversation = ConversationState() if earlier is None else conversation_state_from(earlier)
    return RunLifecycle(spec, conversation, FROM_JOURNAL, given)


def stream_resumed(
    spec: AgentSpec[Deps, In, Out], run_id: str, earlier: object = None, /, **options: Unpack[RunOptions[Deps]]
) -> RunHandle[Out]:
    """Return a run of a journal as a stream; see `resumed_run`. Those of its events that were recorded say so."""
    run = resumed_run(spec, run_id, options, earlier)
    return RunHandle(run.run, run.result, run.note_stop)
