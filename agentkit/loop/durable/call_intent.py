"""The intent of a model call's step: what its requests may cost, the batches that they were submitted in, and the calls
of sub-agents that start before it has ended.

A request that an earlier process has submitted in a batch is not lost: its reply is waited for. So what it may cost is
taken out of what that process has spent, and counted anew when it is known.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, cast

from agentkit.budget.charges import Charge
from agentkit.loop.durable.recorded_spending import amount_of
from agentkit.loop.model_calls.exchange import ChargeMeter
from agentkit.models.batching.batched_model import BatchedModel, waiting_for_batches
from agentkit.models.batching.entry import Submission, submission_record
from agentkit.models.claude import ClaudeModel

if TYPE_CHECKING:
    from agentkit.budget.account import Account
    from agentkit.messages.message import JSON, JSONObject
    from agentkit.models.model import Model
    from agentkit.run.steps import Slot, Steps
    from agentkit.tool_calls.eager import EagerCalls


class CallIntent:
    """The intent of one model call, as it was announced before and is announced again; see `SubmissionRecord`."""

    def __init__(
        self, steps: Steps, slot: Slot, accounts: Sequence[Account], eager_calls: EagerCalls | None = None
    ) -> None:
        earlier: JSONObject = slot.intent or {}
        self._steps, self._slot, self._accounts, self._eager_calls = steps, slot, accounts, eager_calls
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
        self.meter = ChargeMeter(tuple(map(Charge.from_json, charges)), self.announce_charges)
        """The meter of the call, with what requests of an earlier process may have cost that nobody waits for."""

    def is_about_batches(self, model: Model) -> bool:
        """Return True if requests of this call are, or were, submitted in batches."""
        return bool(self._earlier) or isinstance(model, BatchedModel)

    @asynccontextmanager
    async def model_for_call(self, model: Model) -> AsyncGenerator[Model]:
        """Yield the model to call, which records, in the block, where it submits its requests.

        Where an earlier process has submitted some in a batch, it waits for that, also in a run on its own.
        """
        async with AsyncExitStack() as stack:
            if self._earlier and isinstance(model, ClaudeModel):
                model = await stack.enter_async_context(waiting_for_batches(model))
            if isinstance(model, BatchedModel):
                stack.enter_context(self._recording())
            elif self._earlier:
                self._count_earlier_as_lost()
            yield model

    @contextmanager
    def _recording(self) -> Generator[None]:
        self._add_to_accounts(-1)
        token = submission_record.set(self)
        try:
            yield
        finally:
            submission_record.reset(token)
            self._add_to_accounts(1)

    def _charges_of_earlier(self) -> tuple[Charge, ...]:
        return tuple([Charge.from_json(charge) for one in self._earlier.values() for charge in one["charges"]])

    def _count_earlier_as_lost(self) -> None:
        self.meter.charges += self._charges_of_earlier()
        self._earlier.clear()

    def _add_to_accounts(self, sign: int) -> None:
        """Add what the requests that are waited for may cost to what was spent before, or take it out."""
        if self._earlier and self._steps.recorded_charges() is not None:
            amount = amount_of(self._charges_of_earlier()).times(sign)
            for account in self._accounts:
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
        if found is not None:
            self._worst_case = found["charges"]
            return _submission_of(found)
        if self._earlier:  # the program asks something else now
            self._add_to_accounts(1)
            self._count_earlier_as_lost()
        return None

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
