"""Events are created and changed as a whole, never at a time when somebody or the room is taken."""

from __future__ import annotations

import pytest

from agentkit import InvalidArguments, RunContext, ToolError
from agentkit.evals.office.calendar_tools import (
    EventChange,
    NewEvent,
    Period,
    Slot,
    cancel_event,
    change_event,
    create_event,
    list_events,
    list_rooms,
)  # fmt: skip
from agentkit.evals.office.story import story
from agentkit.evals.office.world import Office

NORA, PAUL, KARIM = (f"{name}@halden.example" for name in ("nora.feld", "paul.brandt", "karim.aziz"))


@pytest.fixture
def ctx() -> RunContext[Office]:
    return RunContext(deps=story())


def wednesday(start: str, end: str) -> Slot:
    return Slot(start=f"2027-03-10 {start}", end=f"2027-03-10 {end}")


@pytest.mark.anyio
async def test_events_of_days_are_listed_in_order(ctx: RunContext[Office]) -> None:
    days = Period(first="2027-03-09", last="2027-03-12")
    assert [event.id for event in await list_events(ctx, days)] == ["e002", "e003", "e004", "e005", "e006"]
    assert [event.title for event in await list_events(ctx, days, PAUL)] == ["Lunch with Paul"]
    assert await list_rooms(ctx) == ["Birch", "Cedar", "Maple"]


@pytest.mark.parametrize(
    ("slot", "people", "room", "text"),
    [
        (wednesday("14:30", "15:30"), [NORA, PAUL], "Cedar", f"{NORA} at 'Budget talk', 2027-03-10 14:00 to 15:00"),
        (wednesday("13:30", "14:30"), [PAUL], "Birch", "Birch at 'Budget talk'"),
        (wednesday("10:00", "09:00"), [PAUL], None, "ends before it starts"),
        (wednesday("10:00", "11:00"), [PAUL], "Attic", "no room 'Attic'"),
        (wednesday("10:00", "11:00"), ["lena@oldharbour.example"], None, "no mailbox lena@oldharbour.example"),
    ],
)
@pytest.mark.anyio
async def test_an_event_that_does_not_fit_is_refused(
    ctx: RunContext[Office], slot: Slot, people: list[str], room: str | None, text: str
) -> None:
    before = ctx.deps.model_dump()
    with pytest.raises(ToolError, match=text):
        await create_event(ctx, NewEvent(title="Talk", slot=slot, attendees=people, room=room))
    change = EventChange(slot=slot, room=room, add_attendees=people, remove_attendees=[KARIM])
    with pytest.raises(ToolError, match=text):
        await change_event(ctx, "e005", change)
    assert ctx.deps.model_dump() == before


@pytest.mark.anyio
async def test_an_event_is_created_changed_and_canceled(ctx: RunContext[Office]) -> None:
    new = NewEvent(title="Talk", slot=wednesday("15:00", "16:00"), attendees=[PAUL, NORA, PAUL], room="Birch")
    event = await create_event(ctx, new)
    assert (event.id, event.attendees) == ("e011", [NORA, PAUL])
    changed = await change_event(ctx, event.id, EventChange(title="Long talk", add_attendees=[KARIM]))
    assert changed == ctx.deps.events["e011"]
    assert (changed.title, changed.start, changed.room, len(changed.attendees)) == (
        "Long talk", "2027-03-10 15:00", "Birch", 3,
    )  # fmt: skip
    await cancel_event(ctx, event.id)
    assert "e011" not in ctx.deps.events
    with pytest.raises(ToolError, match="no event 'e011'"):
        await cancel_event(ctx, event.id)
    with pytest.raises(InvalidArguments, match="start"):
        await create_event.call({"event": {"title": "x", "slot": {"start": "9:00", "end": "10:00"}}}, ctx)
