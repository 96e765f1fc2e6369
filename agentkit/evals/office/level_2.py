"""Level 2: something has to be looked up before the one change."""

from __future__ import annotations

from agentkit.evals.office.rows import Row, do, events, fill, person, search, send, slot

LEVEL_2 = (
    Row(
        "drop-newsletters",
        "Move all mails of Office Weekly from my inbox to the trash.",
        (
            do("search_mail", query={"sender": "officeweekly", "folder": "inbox"}),
            do("move_mails", mail_ids=["m006", "m013"], folder="trash"),
        ),
    ),
    Row(
        "label-answers",
        "Put the label guests on the two mails that answer our invitation, with the subject Re: Spring fair.",
        (search("re: spring fair"), do("label_mails", mail_ids=["m008", "m009"], change={"add": ["guests"]})),
    ),
    Row(
        "cancel-standup",
        "Cancel the standup of today.",
        (events("08"), do("cancel_event", event_id="e001")),
    ),
    Row(
        "later-vendor-call",
        "Move my vendor call of 17 March to 10:00 the same day. It takes half an hour as before.",
        (events("17"), do("change_event", event_id="e009", change={"slot": slot("17", "10:00", "10:30")})),
    ),
    Row(
        "router",
        "Write to Mira Sato that the router in the room Birch has to be replaced by 12 March.",
        (
            person("Mira"),
            send("mira.sato@halden.example", "The router in **Birch** has to be replaced by **2027-03-12**."),
        ),
    ),
    Row(
        "share-expenses",
        "Share finance/expenses.sheet with everybody in the team Finance, so that they can look at it but not edit it.",
        (
            do("find_people", team="Finance"),
            do(
                "share_file",
                path="finance/expenses.sheet",
                share={"people": ["bea.hartmann@halden.example", "ines.okafor@halden.example"], "role": "viewer"},
            ),
        ),
    ),
    Row(
        "dinner-is-paid",
        "The client dinner of Tomas in finance/expenses.sheet was paid today. Set its status to paid.",
        (do("read_cells", path="finance/expenses.sheet"), fill("finance/expenses.sheet", E5="paid")),
    ),
    Row(
        "tick-badges",
        "The badges have come: tick them in fair/checklist.md, and leave the rest of the file as it is.",
        (
            do("read_file", path="fair/checklist.md"),
            do(
                "write_file",
                path="fair/checklist.md",
                text="# Spring fair, 16 April 2027\n- [x] Hall\n- [ ] Menu\n- [x] Badges",
                mode="replace",
            ),
        ),
    ),
)
"""The tasks of the level."""
