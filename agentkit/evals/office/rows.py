"""Rows of the tables of tasks: a request, the calls that do it, and the failures in store for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentkit.evals.office.world import Failure
from agentkit.evals.task import SolutionCall

if TYPE_CHECKING:
    from agentkit.messages.message import JSON

NORA = "nora.feld@halden.example"


@dataclass(frozen=True, slots=True)
class Row:
    """One task."""

    name: str
    input: str
    """The request of the user."""
    solution: tuple[SolutionCall, ...]
    """Calls that do it. In texts, facts that every solution has to name stand between two asterisks."""
    failures: tuple[Failure, ...] = ()


def do(tool: str, /, **arguments: JSON) -> SolutionCall:
    """Return a call.

    Args:
        tool: The name of the tool.
        arguments: Its arguments.
    """
    return SolutionCall(tool, arguments)


def retry(call: SolutionCall) -> SolutionCall:
    """Return a call that is made once more if it fails.

    Args:
        call: The call.
    """
    return replace(call, is_retried=True)


def refused(call: SolutionCall) -> SolutionCall:
    """Return a call that fails, so that another way has to be found.

    Args:
        call: The call.
    """
    return replace(call, is_refused=True)


def search(text: str) -> SolutionCall:
    """Return a search for mails with words."""
    return do("search_mail", query={"text": text})


def read(number: str) -> SolutionCall:
    """Return the reading of a mail."""
    return do("read_mail", mail_id=number)


def send(
    to: str, text: str, *, subject: str = "Hello", answers: str | None = None, cc: str = "", **more: JSON
) -> SolutionCall:
    """Return the sending of a mail.

    Args:
        to: The address.
        text: The text, with its facts between two asterisks.
        subject: The subject, which is free.
        answers: The id of the mail that it answers. None: none.
        cc: The address of a copy. Empty: none.
        more: Other fields of the mail.
    """
    mail: dict[str, JSON] = {"to": [to], "subject": subject, "text": text, **more}
    if cc:
        mail["cc"] = [cc]
    if answers:
        mail["reply_to"] = answers
    return do("send_mail", mail=mail)


def events(first: str, last: str = "") -> SolutionCall:
    """Return the listing of the events of days in March 2027: `events("09")`."""
    return do("list_events", period={"first": f"2027-03-{first}", "last": f"2027-03-{last or first}"})


def slot(day: str, start: str, end: str) -> dict[str, JSON]:
    """Return a time on a day of March 2027: `slot("11", "10:00", "11:00")`."""
    return {"start": f"2027-03-{day} {start}", "end": f"2027-03-{day} {end}"}


def book(title: str, when: dict[str, JSON], *people: str, room: str | None = None) -> SolutionCall:
    """Return the creation of an event, with Nora and these people.

    Args:
        title: The title.
        when: Its time.
        people: The addresses of the others.
        room: The room. None: none.
    """
    attendees: list[JSON] = [NORA, *people]
    return do("create_event", event={"title": title, "slot": when, "attendees": attendees, "room": room})


def fill(path: str, **cells: str | float) -> SolutionCall:
    """Return the writing of cells: `fill("it/laptops.sheet", D4="broken")`."""
    return do("write_cells", path=path, edits=[{"cell": name, "content": content} for name, content in cells.items()])


def person(name: str) -> SolutionCall:
    """Return the look-up of a person."""
    return do("find_people", name=name)


def fails(tool: str, text: str, path: str = "") -> Failure:
    """Return a failure that is in store once.

    Args:
        tool: The name of the tool.
        text: The error.
        path: The file. Empty: all.
    """
    return Failure(tool=tool, path=path, text=text)
