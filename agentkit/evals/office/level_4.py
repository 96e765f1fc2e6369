"""Level 4: five to seven calls in three places; results of some are needed for others."""

from __future__ import annotations

from agentkit.evals.office.level_3 import DRAFT
from agentkit.evals.office.rows import NORA, Row, book, do, events, fill, person, read, search, send, slot

BEA_OF_FINANCE = "bea.hartmann@halden.example"
LENA = "lena.vogt@halden.example"
PAUL = "paul.brandt@halden.example"

LEVEL_4 = (
    Row(
        "patel-invoice",
        "Do what Bea asks in her mail about the invoice of Patel Print, and keep the name of the file. Also add the "
        "invoice at the end of finance/expenses.sheet: the due date as the date, Patel Print as the person, Invoice "
        "PP-2207 as the item, status open. Answer her mail when it is done.",
        (
            search("invoice patel"),
            read("m012"),
            do("read_file", path="scans/0193.txt"),
            do("move_file", path="scans/0193.txt", new_path="invoices/2027/0193.txt"),
            do(
                "add_row",
                path="finance/expenses.sheet",
                values=["2027-03-19", "Patel Print", "Invoice PP-2207", 642, "open"],
            ),
            send(BEA_OF_FINANCE, "It is filed, and due on **2027-03-19**.", answers="m012"),
        ),
    ),
    Row(
        "guests-have-answered",
        "Raj Patel and Sofia Lund have answered our invitation to the fair by mail. Enter their answers, yes or no, "
        "and their places into fair/guests.sheet. Then let Otto Prins view that list, and answer his mail with the "
        "number of places taken.",
        (
            search("fair"),
            read("m008"),
            read("m009"),
            do("read_cells", path="fair/guests.sheet"),
            fill("fair/guests.sheet", C5="yes", D5=3, C6="no"),
            do("share_file", path="fair/guests.sheet", share={"people": ["otto@prins.example"], "role": "viewer"}),
            send("otto@prins.example", "**6** places are taken.", answers="m003"),
        ),
    ),
    Row(
        "contract-talk",
        "Elsa Quint wants to meet Paul and me. Take the one of her times at which Paul and I are free, create the "
        "event as Contract talk with the three of us in Cedar, and let Paul edit the draft, "
        f"{DRAFT}. Answer her with day, time and room, the draft attached.",
        (
            do("search_mail", query={"sender": "elsa"}),
            read("m001"),
            events("10", "11"),
            person("Paul"),
            book("Contract talk", slot("11", "10:00", "11:00"), PAUL, "elsa@quintlabs.example", room="Cedar"),
            do("share_file", path=DRAFT, share={"people": [PAUL], "role": "editor"}),
            send(
                "elsa@quintlabs.example",
                "Let us meet on **2027-03-11** at **10:00** in **Cedar**.",
                answers="m001",
                attachments=[DRAFT],
            ),
        ),
    ),
    Row(
        "broken-laptop",
        "Do in it/laptops.sheet what Mira asks in her mail about the broken laptop; the spare one is in use then. "
        "Write to its new user which one it is, by its serial number, and add this line to notes/standup.md: "
        "- Nora: a laptop was replaced",
        (
            search("laptop"),
            read("m005"),
            do("read_cells", path="it/laptops.sheet"),
            fill("it/laptops.sheet", D4="broken", B5="Bea Hartmann", D5="in use"),
            person("Bea Hartmann"),
            send(BEA_OF_FINANCE, "Your new laptop is **LT-104**."),
            do("write_file", path="notes/standup.md", text="- Nora: a laptop was replaced", mode="append"),
        ),
    ),
    Row(
        "dear-hotel",
        "Check the hotel in finance/expenses.sheet against policies/travel.md. If a night was too dear, set its status "
        "to approval, and write to the person who approves it, with the price of a night.",
        (
            do("read_file", path="policies/travel.md"),
            do("read_cells", path="finance/expenses.sheet"),
            fill("finance/expenses.sheet", E3="approval"),
            person("Ines"),
            send("ines.okafor@halden.example", "A night of the hotel was **156** EUR. Do you approve it?"),
        ),
    ),
    Row(
        "action-items",
        "Everybody with an item in minutes/2027-03-01.md gets a quarter of an hour with me on Wednesday 10 March, one "
        "after another from 9:00 on, in the order of the minutes. The first name is the title; no room. Then add this "
        "line to the minutes: Followed up on 10 March 2027. Tell Mira by mail at what time it is her turn.",
        (
            do("read_file", path="minutes/2027-03-01.md"),
            do("find_people"),
            book("Karim", slot("10", "09:00", "09:15"), "karim.aziz@halden.example"),
            book("Tomas", slot("10", "09:15", "09:30"), "tomas.reyes@halden.example"),
            book("Mira", slot("10", "09:30", "09:45"), "mira.sato@halden.example"),
            do("write_file", path="minutes/2027-03-01.md", text="Followed up on 10 March 2027", mode="append"),
            send("mira.sato@halden.example", "It is your turn at **09:30**."),
        ),
    ),
    Row(
        "offer-for-moen",
        "Lena has handed over an offer by mail. Save its amount and its last day in the new file offers/moen.txt, let "
        "Lena view that file, and put Offer for Moen ends into the calendar for her and me: on the last day, 9:00 to "
        "9:30, no room. She has a new address.",
        (
            search("offer moen"),
            read("m010"),
            do(
                "write_file",
                path="offers/moen.txt",
                text="Offer for Moen: **7450** EUR, valid until **2027-03-31**",
                mode="create",
            ),
            person("Lena"),
            do("share_file", path="offers/moen.txt", share={"people": [LENA], "role": "viewer"}),
            do(
                "create_event",
                event={
                    "title": "Offer for Moen ends",
                    "slot": slot("31", "09:00", "09:30"),
                    "attendees": [NORA, LENA],
                },
            ),
        ),
    ),
    Row(
        "cost-of-catering",
        "What does the catering of the fair cost for the places taken so far? The price of a place is in "
        "contracts/prins_catering.txt. Write Catering into H1 of fair/guests.sheet and the amount below it, and tell "
        "Ines the amount by mail.",
        (
            do("read_cells", path="fair/guests.sheet"),
            do("read_file", path="contracts/prins_catering.txt"),
            fill("fair/guests.sheet", H1="Catering", H2="=F2*42.5"),
            person("Ines"),
            send("ines.okafor@halden.example", "The catering costs **127.50** EUR so far."),
        ),
    ),
)
"""The tasks of the level."""
