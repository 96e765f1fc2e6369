"""The grader of the tasks: the world that a try left against the one that the task's solution leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from agentkit.errors import InvalidArguments, ToolError, UsageError
from agentkit.evals.grade import Grade
from agentkit.evals.graders.json_differences import json_differences
from agentkit.evals.office.facts import missing_parts
from agentkit.evals.office.formulas import shown_values
from agentkit.evals.office.tools import TOOLS
from agentkit.evals.office.world import Mail, Office
from agentkit.tools.run_context import RunContext

if TYPE_CHECKING:
    from agentkit.evals.task import SolutionCall
    from agentkit.evals.trial import Trial
    from agentkit.messages.message import JSON

_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class LeftAsSolved:
    """A grader: passes a world in the state that the solution leaves, in which nothing else has changed.

    Mails may be worded freely, but have to hold the facts, and formulas count by their values.
    """

    setup: partial[Office] = field(repr=False)
    """Makes the world as it was."""
    solution: Sequence[SolutionCall] = field(repr=False)
    """The calls that lead to the wanted state."""

    async def __call__(self, trial: Trial[Office]) -> Grade:
        """Compare the worlds.

        Raises:
            UsageError: The solution does not work as it says, so that nothing can be said about the trial.
        """
        before, wanted = self.setup(), self.setup()
        failed = await apply(wanted, self.solution)
        if failed != [place for place, call in enumerate(self.solution) if call.is_refused]:
            raise UsageError(
                f"Task({trial.task!r}): calls {[place + 1 for place in failed]} of its solution fail, which are not "
                "those that are to be refused."
            )
        found = differences(before, wanted, trial.world)
        more = f"; and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
        return Grade(not found, "; ".join(found[:_MOST_SHOWN]) + more)


async def apply(office: Office, solution: Sequence[SolutionCall]) -> list[int]:
    """Make the calls of a solution, without model and loop, and return the positions of those that failed for good.

    Args:
        office: The world.
        solution: The calls.
    """
    failed: list[int] = []
    for place, call in enumerate(solution):
        for _ in range(1 + call.is_retried):
            try:
                await TOOLS[call.tool].call(dict(call.arguments), RunContext(deps=office))
            except (ToolError, InvalidArguments):
                continue
            break
        else:
            failed.append(place)
    return failed


def differences(before: Office, wanted: Office, found: Office) -> list[str]:
    """Return the differences between two worlds that were the same before, a sentence each.

    Args:
        before: The world from which both come.
        wanted: The world as it ought to be.
        found: The world to compare.
    """
    return [
        *json_differences(_state(before, wanted), _state(before, found)),
        *_file_differences(wanted.files, found.files),
        *_sent_differences(_sent(before, wanted), _sent(before, found)),
    ]


def _state(before: Office, office: Office) -> dict[str, JSON]:
    """Return everything but the new mails and the texts of files: new events have no ids, formulas their values."""
    new = [event.model_dump(exclude={"id"}) for number, event in office.events.items() if number not in before.events]
    mails = office.mails
    return {
        "mails": {number: mails[number].model_dump() if number in mails else None for number in before.mails},
        "events": {number: event.model_dump() for number, event in office.events.items() if number in before.events},
        "new events": sorted(({**event, "title": event["title"].casefold()} for event in new), key=str),
        "sheets": {path: {**shown_values(cells)} for path, cells in office.sheets.items()},
        "shares": {path: {**roles} for path, roles in office.shares.items() if roles},
    }


def _sent(before: Office, office: Office) -> list[Mail]:
    return [mail for number, mail in office.mails.items() if number not in before.mails]


def _file_differences(wanted: dict[str, str], found: dict[str, str]) -> Iterator[str]:
    for path in sorted({*wanted, *found}):
        if path not in found or path not in wanted:
            yield f"files.{path}: {'it is missing' if path in wanted else 'nothing was expected'}"
        elif missing := missing_parts(wanted[path], found[path]):
            yield f"files.{path}: expected {missing[0]!r}, found {found[path][:80]!r}"


def _sent_differences(wanted: list[Mail], found: list[Mail]) -> Iterator[str]:
    """Yield the wanted mails that were not sent, and those that were sent though nobody wanted them."""
    left = list(found)
    for mail in wanted:
        same = [one for one in left if _is_addressed_as(one, mail)]
        fitting = [one for one in same if not missing_parts(mail.text, f"{one.subject}\n{one.text}")]
        if fitting:
            left.remove(fitting[0])
        elif same:
            left.remove(same[0])
            missing = missing_parts(mail.text, f"{same[0].subject}\n{same[0].text}")
            yield f"the mail to {', '.join(mail.to)} does not say {', '.join(map(repr, missing))}"
        else:
            yield f"no mail to {', '.join(mail.to)} was sent as expected"
    for mail in left:
        yield f"a mail to {', '.join([*mail.to, *mail.cc])} was sent: {mail.subject!r}"


def _is_addressed_as(found: Mail, wanted: Mail) -> bool:
    """Return True for the same recipients and attachments; a mail that need not answer another one may do so."""
    pairs = ((found.to, wanted.to), (found.cc, wanted.cc), (found.attachments, wanted.attachments))
    return all(sorted(one) == sorted(other) for one, other in pairs) and wanted.reply_to in (None, found.reply_to)
