"""Level 1: one call; the request has all that it needs."""

from __future__ import annotations

from agentkit.evals.office.rows import Row, book, do, fill, send, slot

LEVEL_1 = (
    Row(
        "quiet-hour",
        "Put an event called Quiet hour into my calendar: Thursday 11 March 2027, 15:00 to 16:00, only me, no room.",
        (book("Quiet hour", slot("11", "15:00", "16:00")),),
    ),
    Row(
        "order-badges",
        "Write a mail to karim.aziz@halden.example: we need 60 badges for the fair, ordered by 22 March.",
        (send("karim.aziz@halden.example", "Please order **60** badges for the fair by **2027-03-22**."),),
    ),
    Row(
        "parking-note",
        "Create the file notes/parking.md with this one line: Visitors park behind the hall.",
        (do("write_file", path="notes/parking.md", text="Visitors park behind the hall.", mode="create"),),
    ),
    Row(
        "rename-ideas",
        "Rename notes/old_ideas.md to archive/ideas_2026.md.",
        (do("move_file", path="notes/old_ideas.md", new_path="archive/ideas_2026.md"),),
    ),
    Row(
        "drop-press-release",
        "Delete drafts/press_release.md, it will not be needed.",
        (do("delete_file", path="drafts/press_release.md"),),
    ),
    Row(
        "share-checklist",
        "Let karim.aziz@halden.example edit fair/checklist.md.",
        (
            do(
                "share_file",
                path="fair/checklist.md",
                share={"people": ["karim.aziz@halden.example"], "role": "editor"},
            ),
        ),
    ),
    Row(
        "hand-out-spare",
        "In it/laptops.sheet, the spare laptop goes to me: put Nora Feld into B5 and in use into D5.",
        (fill("it/laptops.sheet", B5="Nora Feld", D5="in use"),),
    ),
    Row(
        "new-guest",
        "Add a guest at the end of fair/guests.sheet: Vera Holt of Holt Press, answer open, 0 places.",
        (do("add_row", path="fair/guests.sheet", values=["Vera Holt", "Holt Press", "open", 0]),),
    ),
)
"""The tasks of the level."""
