"""The world of the tasks: an office with people, mail, a calendar, files and spreadsheets, and failures in store."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel

from agentkit.errors import ToolError

Folder: TypeAlias = Literal["inbox", "sent", "archive", "trash"]
"""A folder of the mailbox."""
Role: TypeAlias = Literal["viewer", "editor"]
"""The rights that a person has to a shared file."""
Cells: TypeAlias = dict[str, str | float]
"""The cells of a spreadsheet that are not empty: numbers, texts, and formulas, which begin with `=`."""


class Person(BaseModel):
    """A person in the address book."""

    name: str
    email: str
    team: str


class Mail(BaseModel):
    """A mail in a folder."""

    id: str
    folder: Folder
    sender: str
    to: list[str]
    cc: list[str] = []
    date: str
    subject: str
    text: str
    attachments: list[str] = []
    labels: list[str] = []
    reply_to: str | None = None
    """The id of the mail that this one answers."""


class Event(BaseModel):
    """An event in the calendar."""

    id: str
    title: str
    start: str
    """Date and time, as `2027-03-08 09:00`."""
    end: str
    attendees: list[str]
    """Addresses."""
    room: str | None = None


class Failure(BaseModel):
    """A failure in store: the next calls of a tool do nothing and fail."""

    tool: str
    path: str = ""
    """Only calls for this file fail. Empty: all calls."""
    text: str
    """The error that the caller reads."""
    left: int = 1
    """The number of calls that fail still."""


class Office(BaseModel):
    """Everything that the tools of the suite read and change."""

    user: Person
    """The person whom the agent works for."""
    today: str
    people: list[Person]
    rooms: list[str]
    mails: dict[str, Mail] = {}
    events: dict[str, Event] = {}
    files: dict[str, str] = {}
    """Texts by path."""
    sheets: dict[str, Cells] = {}
    """Spreadsheets by path."""
    shares: dict[str, dict[str, Role]] = {}
    """The people, by address, with whom files and spreadsheets are shared, by path."""
    failures: list[Failure] = []
    """Failures in store. They are no part of the state that is graded."""

    def check_available(self, tool: str, path: str = "") -> None:
        """Raise ToolError where a failure is in store for a call.

        Args:
            tool: The name of the tool.
            path: The file that the call is for. Empty: none.
        """
        for failure in self.failures:
            if failure.left and failure.tool == tool and failure.path in ("", path):
                failure.left -= 1
                raise ToolError(failure.text)

    def check_addresses(self, addresses: list[str], doing: str) -> None:
        """Raise ToolError for an address that nobody has.

        Args:
            addresses: The addresses.
            doing: What is not done now: `nothing was sent`.
        """
        known = {person.email for person in self.people}
        unknown = [address for address in addresses if address not in known]
        if unknown:
            raise ToolError(
                f"There is no mailbox {', '.join(unknown)}; {doing}.", hint="Look the person up with find_people."
            )

    def check_path(self, path: str) -> None:
        """Raise ToolError where there is neither a file nor a spreadsheet of this path.

        Args:
            path: The path.
        """
        if path not in self.files and path not in self.sheets:
            raise ToolError(f"There is no file {path!r}.", hint="Look at the paths with list_files.")
