"""The intent of a model call's step: what its requests may cost, the batches that they were submitted in, and the calls
of sub-agents that start before it has ended.

A request that an earlier process has submitted in a batch is not lost: its reply is waited for. So what it may cost is
taken out of what that process has spent, and counted anew when it is known.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from agentkit.budget.budget import Amount
from agentkit.budget.charges import Charge
from agentkit.loop.durable.recorded_spending import amount_of
from agentkit.loop.model_calls.exchange import ChargeMeter
from agentkit.models.batching.batched_model import BatchedModel
from agentkit.models.batching.entry import Submission, submission_record

if TYPE_CHECKING:
    from agentkit.budget.account import RunBudget
    from agentkit.messages.message import JSON, JSONObject
    from agentkit.models.model import Model
    from agentkit.run.steps import Slot, Steps
    from agentkit.tool_calls.eager import EagerCalls


class CallIntent:
    """The intent of one model call, as it was announced before and is announced again; see `SubmissionRecord`."""

    def __init__(self, steps: Steps, slot: Slot, eager_calls: EagerCalls | None = None) -> None:
        earlier: JSONObject = slot.intent or {}
        self._steps, self._slot, self._eager_calls = steps, slot, eager_calls
        self.started_early: list[JSON] = [*earlier.get("early", ())]
        """The calls that had started early in an earlier execution."""
        self._worst_case: list[JSONObject] = []
        """The most that the request on its way may cost."""
        self._submissions: dict[str, JSONObject] = {one["digest"]: one for one in earlier.get("batches", ())}
        """The requests in batches, by their digest, each with the most that it may cost."""
        self._earlier: dict[str, JSONObject] = {}
        """Those of an earlier process that nobody waits for yet."""
        charges: list[JSONObject] = [*earlier.get("charges", ())]
        for digest, one in self._submissions.items():
            pending = [charge for charge in one["charges"] if charge in charges]
            self._earlier[digest] = {**one, "charges": pending}
            for charge in pending:
                charges.remove(charge)
        self.meter = ChargeMeter([Charge.from_json(one) for one in charges], self.announce_charges)
        """The meter of the call, with what requests of an earlier process may have cost that nobody waits for."""

    @contextmanager
    def recording(self, model: Model, run_budget: RunBudget) -> Generator[None]:
        """Record, in the block, where a model submits its requests."""
        if not isinstance(model, BatchedModel):
            yield
            return
        if self._steps.recorded_charges() is not None:
            self._count(run_budget, Amount() - self._pending())
        token = submission_record.set(self)
        try:
            yield
        finally:
            submission_record.reset(token)
            if self._earlier:  # no request is the same any more: nobody waits for those
                self.meter.charges += [Charge.from_json(one) for one in self._charges_of_earlier()]
                self._count(run_budget, self._pending())

    def _charges_of_earlier(self) -> list[JSONObject]:
        return [charge for one in self._earlier.values() for charge in one["charges"]]

    def _pending(self) -> Amount:
        return amount_of([Charge.from_json(one) for one in self._charges_of_earlier()])

    def _count(self, run_budget: RunBudget, amount: Amount) -> None:
        for account in run_budget.accounts:
            account.continue_from(amount)

    async def announce_charges(self, worst_case: Sequence[Charge]) -> None:
        """Record the most that the requests of the call may cost. One on its way since long is recorded already."""
        self._worst_case = [charge.to_json() for charge in worst_case]
        if not self._earlier:
            await self._announce()

    async def announce_early(self) -> None:
        """Record the calls that have started early, before they do anything."""
        if not self._earlier:
            await self._announce()

    def take_earlier(self, digest: str) -> Submission | None:
        """See `SubmissionRecord.take_earlier`."""
        found = self._earlier.pop(digest, None)
        self._submissions.pop(digest, None)
        return None if found is None else _submission_of(found)

    async def announce(self, submission: Submission) -> None:
        """See `SubmissionRecord.announce`."""
        self._submissions[submission["digest"]] = {**submission, "charges": self._worst_case}
        await self._announce()

    async def _announce(self) -> None:
        charges = [charge.to_json() for charge in self.meter.charges]
        intent: JSONObject = {"charges": [*charges, *self._worst_case]}
        if self._submissions:
            intent["batches"] = [*self._submissions.values()]
        if self._eager_calls is not None and (started := self._eager_calls.started_as_json()):
            intent["early"] = started
        await self._steps.announce(self._slot, intent)


def _submission_of(value: JSONObject) -> Submission:
    return cast("Submission", {name: one for name, one in value.items() if name != "charges"})
