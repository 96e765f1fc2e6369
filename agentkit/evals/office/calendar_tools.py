"""Tools for the calendar. Nobody can be at two events at once, and no room can hold two."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BaseModel, Field

from agentkit.errors import ToolError
from agentkit.evals.office.world import Event, Office
from agentkit.tools.decorator import tool
from agentkit.tools.run_context import RunContext

Day: TypeAlias = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
"""A day, as `2027-03-08`."""
Time: TypeAlias = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$")]
"""Date and time of the office, as `2027-03-08 09:00`."""


class Slot(BaseModel):
    """A time in the calendar."""

    start: Time
    """As `2027-03-08 09:00`."""
    end: Time


class Period(BaseModel):
    """Days, the last one included."""

    first: Day
    """As `2027-03-08`."""
    last: Day


class NewEvent(BaseModel):
    """An event to create."""

    title: str
    slot: Slot
    attendees: list[str]
    """Addresses, the user's own among them if they take part."""
    room: str | None = None
    """The room. None: no room."""


class EventChange(BaseModel):
    """Changes of an event; what is not given stays as it is."""

    title: str | None = None
    slot: Slot | None = None
    room: str | None = None
    add_attendees: list[str] = []
    """Addresses."""
    remove_attendees: list[str] = []
    """Addresses."""


@tool(effect="read")
async def list_events(ctx: RunContext[Office], period: Period, attendee: str = "") -> list[Event]:
    """List the events of some days, in order.

    Args:
        period: The days.
        attendee: Only events of the person with this address. Empty: all events.
    """
    ctx.deps.check_available("list_events")
    found = [event for event in ctx.deps.events.values() if period.first <= event.start[:10] <= period.last]
    return sorted(
        (event for event in found if not attendee or attendee in event.attendees),
        key=lambda event: (event.start, event.id),
    )


@tool(effect="read")
async def list_rooms(ctx: RunContext[Office]) -> list[str]:
    """List the rooms that events can take place in."""
    return ctx.deps.rooms


@tool(effect="write")
async def create_event(ctx: RunContext[Office], event: NewEvent) -> Event:
    """Create an event, which invites its attendees. It is refused where one of them, or the room, is taken."""
    office = ctx.deps
    office.check_available("create_event")
    number = f"e{max((int(one[1:]) for one in office.events), default=0) + 1:03}"
    new = Event(
        id=number,
        title=event.title,
        start=event.slot.start,
        end=event.slot.end,
        attendees=sorted(set(event.attendees)),
        room=event.room,
    )
    _check_fits(office, new)
    office.events[number] = new
    return new


@tool(effect="write")
async def change_event(ctx: RunContext[Office], event_id: str, change: EventChange) -> Event:
    """Change an event, and let its attendees know. It is refused where one of them, or the room, is taken.

    Args:
        event_id: The id, from list_events.
        change: The changes.
    """
    office = ctx.deps
    office.check_available("change_event")
    old = _event(office, event_id)
    slot = change.slot or Slot(start=old.start, end=old.end)
    new = Event(
        id=old.id,
        title=change.title or old.title,
        start=slot.start,
        end=slot.end,
        attendees=sorted({*old.attendees, *change.add_attendees} - {*change.remove_attendees}),
        room=change.room or old.room,
    )
    _check_fits(office, new)
    office.events[event_id] = new
    return new


@tool(effect="write")
async def cancel_event(ctx: RunContext[Office], event_id: str) -> str:
    """Cancel an event, and let its attendees know.

    Args:
        event_id: The id, from list_events.
    """
    ctx.deps.check_available("cancel_event")
    return f"{_event(ctx.deps, event_id).title!r} is canceled: {ctx.deps.events.pop(event_id).start}."


def _event(office: Office, event_id: str) -> Event:
    if event_id not in office.events:
        raise ToolError(f"There is no event {event_id!r}.", hint="Find its id with list_events.")
    return office.events[event_id]


def _check_fits(office: Office, new: Event) -> None:
    """Raise ToolError where the event has no room, no known attendees, no length, or is at the time of another one."""
    if new.start >= new.end:
        raise ToolError("The event ends before it starts; nothing was changed.")
    if new.room is not None and new.room not in office.rooms:
        raise ToolError(f"There is no room {new.room!r}; nothing was changed.", hint="See list_rooms.")
    office.check_addresses(new.attendees, "nothing was changed")
    for other in office.events.values():
        if other.id == new.id or other.end <= new.start or new.end <= other.start:
            continue
        busy = sorted({*new.attendees} & {*other.attendees})
        taken = [new.room] if new.room is not None and new.room == other.room else []
        if busy or taken:
            raise ToolError(
                f"Nothing was changed: {', '.join([*busy, *taken])} at {other.title!r}, {other.start} to "
                f"{other.end[11:]}, at that time.",
                hint="Choose a time at which all are free, see list_events.",
            )
