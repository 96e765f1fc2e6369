"""Tools for mail and the address book."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from agentkit.errors import ToolError
from agentkit.evals.office.world import Folder, Mail, Office, Person
from agentkit.tools.decorator import tool
from agentkit.tools.run_context import RunContext

_MOST_FOUND = 20


class MailQuery(BaseModel):
    """Conditions; a mail is found if it meets all that are given."""

    text: str | None = None
    """Words that all stand in the subject or the text."""
    sender: str | None = None
    """A part of the sender's address."""
    folder: Folder | None = None
    label: str | None = None


class FoundMail(BaseModel):
    """A mail in a list, without its text."""

    id: str
    folder: Folder
    sender: str
    date: str
    subject: str
    labels: list[str]


class OutgoingMail(BaseModel):
    """A mail to send."""

    to: Annotated[list[str], Field(min_length=1)]
    """Addresses."""
    cc: list[str] = []
    """Addresses."""
    subject: str
    text: str
    attachments: list[str] = []
    """Paths of files or spreadsheets."""
    reply_to: str | None = None
    """The id of the mail that this one answers. None: it answers none."""


class LabelChange(BaseModel):
    """Labels to add and to remove."""

    add: list[str] = []
    remove: list[str] = []


@tool(effect="read")
async def find_people(ctx: RunContext[Office], name: str = "", team: str = "") -> list[Person]:
    """Look people up in the address book, by a part of the name, by team, or by both.

    Args:
        name: A part of the name. Empty: any name.
        team: The team. Empty: any team.
    """
    ctx.deps.check_available("find_people")
    return [
        person
        for person in ctx.deps.people
        if name.casefold() in person.name.casefold() and (not team or team.casefold() == person.team.casefold())
    ]


@tool(effect="read")
async def search_mail(ctx: RunContext[Office], query: MailQuery) -> list[FoundMail]:
    """Find mails, the newest first, at most 20. Their texts: read_mail."""
    ctx.deps.check_available("search_mail")
    found = [mail for mail in ctx.deps.mails.values() if _fits(mail, query)]
    newest = sorted(found, key=lambda mail: (mail.date, mail.id), reverse=True)[:_MOST_FOUND]
    return [FoundMail.model_validate(mail.model_dump(include=set(FoundMail.model_fields))) for mail in newest]


def _fits(mail: Mail, query: MailQuery) -> bool:
    text = f"{mail.subject}\n{mail.text}".casefold()
    return (
        all(word in text for word in (query.text or "").casefold().split())
        and (query.sender or "").casefold() in mail.sender.casefold()
        and query.folder in (None, mail.folder)
        and (query.label is None or query.label in mail.labels)
    )


@tool(effect="read")
async def read_mail(ctx: RunContext[Office], mail_id: str) -> Mail:
    """Read a whole mail.

    Args:
        mail_id: The id, from search_mail.
    """
    ctx.deps.check_available("read_mail")
    return _mail(ctx.deps, mail_id)


@tool(effect="write")
async def send_mail(ctx: RunContext[Office], mail: OutgoingMail) -> str:
    """Send a mail, in the name of the user."""
    office = ctx.deps
    office.check_available("send_mail")
    office.check_addresses([*mail.to, *mail.cc], "nothing was sent")
    for path in mail.attachments:
        office.check_path(path)
    if mail.reply_to is not None:
        _mail(office, mail.reply_to)
    number = f"m{len(office.mails) + 1:03}"
    head = {"id": number, "folder": "sent", "sender": office.user.email, "date": office.today}
    office.mails[number] = Mail.model_validate({**head, **mail.model_dump()})
    return f"Sent, as {number}."


@tool(effect="write")
async def move_mails(ctx: RunContext[Office], mail_ids: list[str], folder: Folder) -> str:
    """Move mails to another folder.

    Args:
        mail_ids: The ids, from search_mail.
        folder: The folder.
    """
    ctx.deps.check_available("move_mails")
    for mail in [_mail(ctx.deps, mail_id) for mail_id in mail_ids]:
        mail.folder = folder
    return f"{len(mail_ids)} moved to {folder}."


@tool(effect="write")
async def label_mails(ctx: RunContext[Office], mail_ids: list[str], change: LabelChange) -> str:
    """Add labels to mails, and remove others.

    Args:
        mail_ids: The ids, from search_mail.
        change: The labels.
    """
    ctx.deps.check_available("label_mails")
    for mail in [_mail(ctx.deps, mail_id) for mail_id in mail_ids]:
        mail.labels = sorted({*mail.labels, *change.add} - {*change.remove})
    return f"{len(mail_ids)} changed."


def _mail(office: Office, mail_id: str) -> Mail:
    if mail_id not in office.mails:
        raise ToolError(f"There is no mail {mail_id!r}.", hint="Find its id with search_mail.")
    return office.mails[mail_id]
