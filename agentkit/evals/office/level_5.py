"""Level 5: many calls in all four places, some of which fail: a locked file, a taken time, an address that is gone."""

from __future__ import annotations

from agentkit.evals.office.level_3 import DRAFT, FINAL_TERMS
from agentkit.evals.office.level_4 import BEA_OF_FINANCE, LENA, PAUL
from agentkit.evals.office.rows import (
    Row,
    book,
    do,
    events,
    fails,
    fill,
    person,
    read,
    refused,
    retry,
    search,
    send,
    slot,
)

_BEA_OF_DESIGN = "bea.lindholm@halden.example"
_ELSA, _INES, _MIRA = "elsa@quintlabs.example", "ines.okafor@halden.example", "mira.sato@halden.example"
_LOCKED = "{} is locked: somebody is saving it. Nothing was changed; it is free again in a moment."
_NO_ANSWER = "The calendar did not answer, and nothing was changed."

_CONTRACT = (
    Row(
        "quint-labs-starts",
        f"Get the work for Quint Labs going. Bring {DRAFT} up to date with the final terms that Paul has sent, and "
        "keep its form. Write Quint Labs into G1 of finance/budget.sheet and the fee, as a number, into G2. Elsa has "
        "suggested times for a talk with Paul and me: take the first one that we are both free at, as Contract talk "
        "with the three of us in Cedar. Answer her with day and time, the new draft attached.",
        (
            search("quint labs"),
            read("m007"),
            do("read_file", path=DRAFT),
            retry(do("write_file", path=DRAFT, text=FINAL_TERMS, mode="replace")),
            fill("finance/budget.sheet", G1="Quint Labs", G2=19200),
            do("search_mail", query={"sender": "elsa"}),
            read("m001"),
            refused(book("Contract talk", slot("10", "14:00", "15:00"), PAUL, _ELSA, room="Cedar")),
            book("Contract talk", slot("11", "10:00", "11:00"), PAUL, _ELSA, room="Cedar"),
            send(_ELSA, "Let us meet on **2027-03-11** at **10:00**.", answers="m001", attachments=[DRAFT]),
        ),
        (fails("write_file", _LOCKED.format(DRAFT), DRAFT),),
    ),
    Row(
        "handover-of-lena",
        "Lena's handover mail is about an offer. Add the offer at the end of sales/offers.sheet, with its last day "
        "written as in the rows above. Put Moen decides into the calendar for Lena and me on 30 March, 9:00 to 9:30, "
        "no room. Add this line to minutes/2027-03-01.md: - Lena hands over Moen. Then answer her mail with that day.",
        (
            search("handover"),
            read("m010"),
            do("read_cells", path="sales/offers.sheet"),
            do("add_row", path="sales/offers.sheet", values=["Moen", 7450, "2027-03-31"]),
            refused(book("Moen decides", slot("30", "09:00", "09:30"), "lena@oldharbour.example")),
            person("Lena"),
            book("Moen decides", slot("30", "09:00", "09:30"), LENA),
            retry(do("write_file", path="minutes/2027-03-01.md", text="- Lena hands over Moen", mode="append")),
            refused(send("lena@oldharbour.example", "We talk about it on **2027-03-30**.", answers="m010")),
            send(LENA, "We talk about it on **2027-03-30**.", answers="m010"),
        ),
        (fails("write_file", _LOCKED.format("minutes/2027-03-01.md"), "minutes/2027-03-01.md"),),
    ),
)

_FAIR = (
    Row(
        "menu-of-the-fair",
        "Raj Patel and Sofia Lund have answered our invitation by mail: enter their answers, yes or no, and their "
        "places into fair/guests.sheet. The menu is settled with that: tick it in fair/checklist.md. Invite Otto Prins "
        "to the fair planning of this Friday, and answer his mail with the number of places taken, and day and time of "
        "the planning.",
        (
            retry(search("fair")),
            read("m008"),
            read("m009"),
            read("m003"),
            do("read_cells", path="fair/guests.sheet"),
            retry(fill("fair/guests.sheet", C5="yes", D5=3, C6="no")),
            do("read_file", path="fair/checklist.md"),
            do(
                "write_file",
                path="fair/checklist.md",
                text="# Spring fair, 16 April 2027\n- [x] Hall\n- [x] Menu\n- [ ] Badges",
                mode="replace",
            ),
            events("12"),
            do("change_event", event_id="e005", change={"add_attendees": ["otto@prins.example"]}),
            send(
                "otto@prins.example",
                "**6** places are taken. The planning is on **2027-03-12** at **09:30**.",
                answers="m003",
            ),
        ),
        (
            fails("search_mail", "The index of the mailbox is being built. Try again."),
            fails("write_cells", _LOCKED.format("fair/guests.sheet"), "fair/guests.sheet"),
        ),
    ),
    Row(
        "week-of-design",
        "Three things for Design. Karim has written that a room is closed: what takes place there at that time moves "
        "to Birch. Jonas has written who should look at the press release: let that Bea edit the file. And she has "
        "mixed up an amount, see her mail: correct it in finance/expenses.sheet. Then write to her in which room the "
        "design review is now, with a copy to Jonas and the press release attached.",
        (
            do("search_mail", query={"sender": "karim.aziz"}),
            read("m011"),
            events("09"),
            do("change_event", event_id="e002", change={"room": "Birch"}),
            search("press release"),
            read("m014"),
            do("find_people", name="Bea", team="Design"),
            retry(
                do("share_file", path="drafts/press_release.md", share={"people": [_BEA_OF_DESIGN], "role": "editor"})
            ),
            do("search_mail", query={"sender": "bea.lindholm"}),
            read("m016"),
            do("read_cells", path="finance/expenses.sheet"),
            retry(fill("finance/expenses.sheet", D7=47)),
            send(
                _BEA_OF_DESIGN,
                "The design review is in **Birch**.",
                cc="jonas.weber@halden.example",
                attachments=["drafts/press_release.md"],
            ),
        ),
        (
            fails("share_file", "The rights could not be read. Nothing was shared; try again."),
            fails("write_cells", _LOCKED.format("finance/expenses.sheet"), "finance/expenses.sheet"),
        ),
    ),
)

_MONEY = (
    Row(
        "budget-is-broken",
        "Do in finance/budget.sheet what Ines asks in her mail, so that no cell shows an error. Create notes/budget.md "
        "with the total of the year. Invite Karim to the budget talk of Wednesday, and answer Ines with the total.",
        (
            do("search_mail", query={"sender": "ines.okafor"}),
            read("m004"),
            do("read_cells", path="finance/budget.sheet"),
            fill("finance/budget.sheet", C4=6200),
            do("read_cells", path="finance/budget.sheet", cells="D2:D6"),
            do("write_file", path="notes/budget.md", text="The total of the year is **56200** EUR", mode="create"),
            events("10"),
            person("Karim"),
            retry(do("change_event", event_id="e003", change={"add_attendees": ["karim.aziz@halden.example"]})),
            send(_INES, "It is right again: the year comes to **56200** EUR.", answers="m004"),
        ),
        (fails("change_event", _NO_ANSWER),),
    ),
    Row(
        "approval-of-a-hotel",
        "Check the hotel in finance/expenses.sheet against policies/travel.md. If a night was too dear, set its status "
        "to approval, write who and how much a night into the new file notes/approval.md, and create the event "
        "Approval with the person who approves it and me: a quarter of an hour right behind our budget talk of "
        "Wednesday, in the same room. Write to that person with the price of a night and the time, the expenses "
        "attached.",
        (
            do("read_file", path="policies/travel.md"),
            do("read_cells", path="finance/expenses.sheet"),
            retry(fill("finance/expenses.sheet", E3="approval")),
            do("write_file", path="notes/approval.md", text="**Lena Vogt**: **156** EUR a night", mode="create"),
            person("Ines"),
            events("10"),
            retry(book("Approval", slot("10", "15:00", "15:15"), _INES, room="Birch")),
            send(
                _INES,
                "A night was **156** EUR. We talk about it at **15:00**.",
                attachments=["finance/expenses.sheet"],
            ),
        ),
        (
            fails("write_cells", _LOCKED.format("finance/expenses.sheet"), "finance/expenses.sheet"),
            fails("create_event", _NO_ANSWER),
        ),
    ),
    Row(
        "tomas-is-paid",
        "Tomas is paid today, with the receipt that he has sent me by mail. Add that at the end of "
        "finance/expenses.sheet (the day of the ride, item Taxi), and set the status of everything of his to paid. "
        "Cancel the vendor call of 17 March, and add this line to notes/standup.md: - Tomas: paid. Answer his mail "
        "with the sum of all that he gets.",
        (
            search("receipt"),
            read("m002"),
            do("read_cells", path="finance/expenses.sheet"),
            retry(
                do("add_row", path="finance/expenses.sheet", values=["2027-03-02", "Tomas Reyes", "Taxi", 36.5, "paid"])
            ),
            fill("finance/expenses.sheet", E2="paid", E5="paid"),
            events("17"),
            retry(do("cancel_event", event_id="e009")),
            retry(do("write_file", path="notes/standup.md", text="- Tomas: paid", mode="append")),
            send("tomas.reyes@halden.example", "You get **348.40** EUR.", answers="m002"),
        ),
        (
            fails("add_row", _LOCKED.format("finance/expenses.sheet"), "finance/expenses.sheet"),
            fails("cancel_event", _NO_ANSWER),
            fails("write_file", _LOCKED.format("notes/standup.md"), "notes/standup.md"),
        ),
    ),
)

_LAPTOPS = (
    Row(
        "new-laptop-for-bea",
        "Do in it/laptops.sheet what Mira asks in her mail about the broken laptop; the spare one is in use then. "
        "Create the event New laptop with its new user, Mira and me on Thursday 11 March, 13:00 to 13:30, or at 14:00 "
        "for half an hour if one of us is busy, no room. Add the line - Bea: new laptop to notes/standup.md. Write to "
        "the new user, with a copy to Mira, at what time that is and which laptop, by its serial number.",
        (
            search("broken laptop"),
            read("m005"),
            do("read_cells", path="it/laptops.sheet"),
            retry(fill("it/laptops.sheet", D4="broken", B5="Bea Hartmann", D5="in use")),
            person("Bea"),
            refused(book("New laptop", slot("11", "13:00", "13:30"), BEA_OF_FINANCE, _MIRA)),
            book("New laptop", slot("11", "14:00", "14:30"), BEA_OF_FINANCE, _MIRA),
            do("write_file", path="notes/standup.md", text="- Bea: new laptop", mode="append"),
            send(BEA_OF_FINANCE, "You get **LT-104** at **14:00**.", cc=_MIRA),
        ),
        (fails("write_cells", _LOCKED.format("it/laptops.sheet"), "it/laptops.sheet"),),
    ),
)

LEVEL_5 = (*_CONTRACT, *_FAIR, *_MONEY, *_LAPTOPS)
"""The tasks of the level."""
