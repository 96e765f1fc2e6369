"""Differences between worlds are found wherever they are, and only those that matter."""

from __future__ import annotations

import pytest

from agentkit.evals.office.grading import apply, differences
from agentkit.evals.office.rows import book, do, fill, send, slot
from agentkit.evals.office.story import story
from agentkit.evals.office.world import Office
from agentkit.evals.task import SolutionCall

MIRA = "mira.sato@halden.example"
WANTED = (
    send(MIRA, "We meet at **10:00**."),
    book("Talk", slot("10", "10:00", "11:00"), MIRA),
    fill("fair/guests.sheet", H1="=F2*2"),
    do("write_file", path="new.md", text="Mira at **10:00**"),
)


async def solved(*calls: SolutionCall) -> Office:
    office = story()
    assert await apply(office, calls) == []
    return office


@pytest.mark.anyio
async def test_wording_order_and_formulas_are_free() -> None:
    same = await solved(
        fill("fair/guests.sheet", H1=6),
        do("write_file", path="new.md", text="10:00: Mira"),
        book("talk", slot("10", "10:00", "11:00"), MIRA),
        send(MIRA, "Hi Mira, 10 am?", subject="Talk", answers="m005"),
    )
    assert differences(story(), await solved(*WANTED), same) == []


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (do("move_mails", mail_ids=["m001"], folder="trash"), 'mails.m001.folder: expected "inbox", found "trash"'),
        (do("cancel_event", event_id="e001"), "events.e001: expected"),
        (do("change_event", event_id="e001", change={"title": "Sit"}), "events.e001.title"),
        (book("Rest", slot("10", "11:00", "12:00")), "new events"),
        (fill("fair/guests.sheet", D2=3), "sheets.fair/guests.sheet.D2: expected 2.0, found 3.0"),
        (do("write_file", path="more.md", text="x"), "files.more.md: nothing was expected"),
        (do("write_file", path="fair/agenda.md", text="x", mode="append"), "files.fair/agenda.md: expected '# Agenda"),
        (do("delete_file", path="fair/agenda.md"), "files.fair/agenda.md: it is missing"),
        (do("share_file", path="new.md", share={"people": [MIRA], "role": "viewer"}), "shares.new.md: found"),
        (send(MIRA, "One more at 10:00."), f"a mail to {MIRA} was sent: 'Hello'"),
    ],
)
@pytest.mark.anyio
async def test_whatever_else_was_changed_is_found(more: SolutionCall, text: str) -> None:
    found = differences(story(), await solved(*WANTED), await solved(*WANTED, more))
    assert found
    assert found[0].startswith(text)


@pytest.mark.parametrize(
    ("mail", "text"),
    [
        (send(MIRA, "We meet."), f"the mail to {MIRA} does not say '10:00'"),
        (send(MIRA, "At 10:00.", cc="paul.brandt@halden.example"), f"no mail to {MIRA} was sent as expected"),
        (send(MIRA, "At 10:00.", attachments=["fair/agenda.md"]), f"no mail to {MIRA} was sent as expected"),
        (send("paul.brandt@halden.example", "At 10:00."), f"no mail to {MIRA} was sent as expected"),
    ],
)
@pytest.mark.anyio
async def test_a_mail_goes_to_the_right_people_with_the_right_facts(mail: SolutionCall, text: str) -> None:
    found = differences(story(), await solved(*WANTED), await solved(mail, *WANTED[1:]))
    assert found[0] == text
