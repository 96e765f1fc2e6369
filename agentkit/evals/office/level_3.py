"""Level 3: a few calls in two places; the request points at a mail, a list or the calendar for its details."""

from __future__ import annotations

from agentkit.evals.office.rows import Row, book, do, events, fill, person, read, search, send, slot

DRAFT = "contracts/quint_labs_draft.txt"
FINAL_TERMS = "Contract with Quint Labs\nFee: 19,200 EUR\nStart: 15 April 2027\nSigned: no"

LEVEL_3 = (
    Row(
        "forgotten-taxi",
        "Tomas has sent me a forgotten receipt. Add it at the end of finance/expenses.sheet, with the day of the ride "
        "as the date, Taxi as the item, and the other columns filled in as in the rows above.",
        (
            search("receipt"),
            read("m002"),
            do("add_row", path="finance/expenses.sheet", values=["2027-03-02", "Tomas Reyes", "Taxi", 36.5, "open"]),
        ),
    ),
    Row(
        "closed-room",
        "Karim has written that a room is closed. Whatever takes place there at that time moves to Birch.",
        (
            do("search_mail", query={"sender": "karim.aziz"}),
            read("m011"),
            events("09"),
            do("change_event", event_id="e002", change={"room": "Birch"}),
        ),
    ),
    Row(
        "final-terms",
        f"Paul has sent the final terms for Quint Labs. Bring {DRAFT} up to date, and keep its form.",
        (
            search("quint labs final terms"),
            read("m007"),
            do("read_file", path=DRAFT),
            do("write_file", path=DRAFT, text=FINAL_TERMS, mode="replace"),
        ),
    ),
    Row(
        "mixed-up-digits",
        "Bea Lindholm has written that she mixed up an amount. Correct it in finance/expenses.sheet.",
        (
            do("search_mail", query={"sender": "bea.lindholm"}),
            read("m016"),
            do("read_cells", path="finance/expenses.sheet"),
            fill("finance/expenses.sheet", D7=47),
        ),
    ),
    Row(
        "places-for-otto",
        "Answer the mail of Otto Prins: he wants to know a number that stands in fair/guests.sheet.",
        (
            do("search_mail", query={"sender": "otto"}),
            read("m003"),
            do("read_cells", path="fair/guests.sheet"),
            send("otto@prins.example", "So far **3** places are taken.", answers="m003"),
        ),
    ),
    Row(
        "lunch-with-paul",
        "Paul wants to move our lunch. Move it as he asks, and answer his mail with the new date.",
        (
            search("lunch"),
            read("m015"),
            events("12"),
            do("change_event", event_id="e006", change={"slot": slot("18", "12:30", "13:30")}),
            send("paul.brandt@halden.example", "I have moved it to **2027-03-18**.", answers="m015"),
        ),
    ),
    Row(
        "audit",
        "Invite both people of Finance to an event called Audit with me: tomorrow, Tuesday 9 March, half an hour from "
        "13:00 on, in Cedar.",
        (
            do("find_people", team="Finance"),
            events("09"),
            book(
                "Audit",
                slot("09", "13:00", "13:30"),
                "bea.hartmann@halden.example",
                "ines.okafor@halden.example",
                room="Cedar",
            ),
        ),
    ),
    Row(
        "oldest-laptop",
        "Look up in it/laptops.sheet who has the oldest laptop, and write to them that it is replaced in April. Name "
        "its serial number.",
        (
            do("read_cells", path="it/laptops.sheet"),
            person("Bea Hartmann"),
            send("bea.hartmann@halden.example", "Your laptop **LT-103** is replaced in **April**."),
        ),
    ),
)
"""The tasks of the level."""
