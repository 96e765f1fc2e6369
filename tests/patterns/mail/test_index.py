"""The index as its users see it: any source, counts, threads, people, attachments; concurrent use; refusals."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from agentkit import ConfigurationError, Document, File, UsageError
from agentkit.patterns import MailIndex
from agentkit.patterns.mail import parsed_message
from tests.patterns.mail.mailboxes import BEN, CHLOE, index_of, mail, mbox, subjects

pytestmark = pytest.mark.anyio


async def test_sources_of_all_kinds_are_added(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    for name in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".hidden"):
        (folder / name).mkdir(parents=True)
    (folder / "cur" / "1.M1.host:2,S").write_bytes(mail("One"))
    (folder / "tmp" / "2.M1.host").write_bytes(mail("Not yet delivered"))
    (folder / ".Sent" / "cur" / "3.M1.host").write_bytes(mail("Two"))
    (folder / ".hidden" / "4.eml").write_bytes(mail("Hidden"))
    (folder / "five.eml").write_bytes(mail("Three"))
    (folder / "Inbox").write_bytes(mbox(mail("Four"), mail("Five")))
    (folder / "letter.txt").write_bytes(mail("Six"))
    (folder / "notes.txt").write_text("Subject: one header makes no mail in a folder")
    (folder / "Inbox.msf").write_text("an index")
    (folder / "old.pst").write_bytes(b"!BDN")
    async with MailIndex.open(tmp_path / "mail.db") as index:
        report = await index.add(folder)
        assert (report.read, report.new, report.unreadable, report.other_files) == (6, 6, 1, 2)
        assert [gap.reason for gap in report.gaps] == ["mailboxes of Outlook cannot be read"]
        assert not report.ok
        found = await index.search("*")
        assert sorted(subjects(found)) == ["Five", "Four", "One", "Six", "Three", "Two"]
        assert (found.count, found.unreadable) == (6, 1)
        assert str(found) == "6 messages in 6 threads, 6 shown; 1 could not be read and are not searched"


async def test_a_file_that_is_named_is_taken_for_mail(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("Subject: One\n\nTea.\n")
    (tmp_path / "two.txt").write_text("no headers")
    async with MailIndex.open(tmp_path / "mail.db") as index:
        reports = [await index.add(tmp_path / name) for name in ("one.txt", "two.txt")]
        assert [(report.new, report.unreadable) for report in reports] == [(1, 0), (0, 1)]


async def test_documents_come_from_any_iterable(tmp_path: Path) -> None:
    async def later() -> AsyncIterator[Document | File | Path]:
        yield Document("notes/1", "Forty kilos of tea.", "Order")
        yield Document("mail/1", mail("As text").decode())
        yield File(mail("As bytes"), "text/plain", "a.eml")
        yield File(mbox(mail("In a box"), mail("As text")), "text/plain", "a.mbox")
        yield Document("empty", " ")
        yield tmp_path / "missing"

    async with MailIndex.open(tmp_path / "mail.db") as index:
        report = await index.add(later())
        assert (report.read, report.new, report.unreadable) == (6, 4, 2)
        assert [gap.document.rpartition("/")[2] for gap in report.gaps] == ["empty", "missing"]
        assert (await index.add(later())).new == 0
        (hit,) = await index.search("kilos")
        message = await index.message(hit.id)
        assert (message.subject, message.place, message.date) == ("Order", "notes/1", None)
        assert subjects(await index.search("subject:text or subject:bytes or subject:box", limit=None)) == [
            "In a box", "As bytes", "As text",
        ]  # fmt: skip
        with pytest.raises(UsageError, match="not int"):
            await index.add([1])  # type: ignore[list-item]


async def test_a_search_shows_the_newest_and_counts_all(tmp_path: Path) -> None:
    async with MailIndex.open(tmp_path / "mail.db") as index:
        messages = [mail(f"Tea {n}", f"{'x ' * 200}Kettles of tea {n}.", day=f"{n:02} Feb 2024") for n in range(1, 29)]
        await index_of(index, tmp_path, *messages, mail("Undated", "kettle", day="x"))
        found = await index.search("kettle", limit=3)
        assert (subjects(found), found.count, found.threads) == (["Tea 28", "Tea 27", "Tea 26"], 29, 29)
        assert "Kettles of tea 28." in found.hits[0].excerpt
        assert found.hits[0].excerpt.startswith("...")
        assert subjects(await index.search("kettle", limit=None))[-1] == "Undated"
        nothing = await index.search("kettle", limit=0)
        assert (len(nothing), nothing.count) == (0, 29)
        assert (await index.search("samovar")).count == 0


async def test_a_thread_is_found_by_each_of_its_messages(tmp_path: Path) -> None:
    first = mail("Tea", message_id="<1@x>")
    second = mail("Re: Tea", sender=BEN, day="02 Jan 2024", message_id="<2@x>", in_reply_to="<1@x>")
    async with MailIndex.open(tmp_path / "mail.db") as index:
        await index_of(index, tmp_path, second, first, mail("Cup"))
        found = await index.search("subject:tea")
        assert (found.count, found.threads) == (2, 1)
        for hit in found:
            for id in (hit.id, hit.thread):  # noqa: A001
                thread = await index.thread(id)
                assert (thread.subject, [message.subject for message in thread]) == ("Tea", ["Tea", "Re: Tea"])
        assert (await index.search(f"thread:{found.hits[0].id}")).count == 2
        assert (await index.search(f"id:{found.hits[0].id}")).count == 1
        for wrong in ("x", "ab" * 8):
            with pytest.raises(UsageError, match="id"):
                await index.thread(wrong)
            assert (await index.search(f"thread:{wrong}")).count == 0


async def test_attachments_are_read_when_asked_for(tmp_path: Path) -> None:
    async with MailIndex.open(tmp_path / "mail.db") as index:
        box = await index_of(index, tmp_path, mail("Other"), mail("Bill", file="bill.csv"))
        (hit,) = await index.search("has:attachment filename:bill.csv")
        assert [(file.name, file.media_type, file.size) for file in hit.attachments] == [("bill.csv", "text/csv", 19)]
        assert [file.data for file in await index.attachments(hit.id)] == [b"The bill is 12 EUR."]
        box.write_bytes(mbox(mail("Changed")))
        with pytest.raises(UsageError, match="no longer stands"):
            await index.attachments(hit.id)
        await index.add(Document("d", mail("From a document", file="a.csv").decode()))
        (other,) = await index.search("subject:document")
        with pytest.raises(UsageError, match="not read from a file"):
            await index.attachments(other.id)


async def test_people_are_listed_by_what_they_wrote(tmp_path: Path) -> None:
    async with MailIndex.open(tmp_path / "mail.db") as index:
        await index_of(index, tmp_path, mail("1"), mail("2"), mail("3", to=CHLOE))
        people = await index.people()
        assert [(one.name, one.sent, one.received) for one in people] == [
            ("Anna Adler", 3, 0), ("Ben Berg", 0, 2), ("", 0, 1),
        ]  # fmt: skip
        assert [one.addresses for one in await index.people("CHLOE")] == [("chloe@example.net",)]
        assert len(await index.people(limit=1)) == 1


async def test_no_argument_is_fatal(tmp_path: Path) -> None:
    async with MailIndex.open(tmp_path / "mail.db") as index:
        report = await index.add([Document("\ud800/\0", "Tea \ud800 \0."), Document("\ud801", "")])
        assert (report.new, report.unreadable) == (1, 1)
        assert (await index.search("tea")).count == 1
        assert await index.people("\ud800\0") == []
        assert await index.people(limit=-1) == []


async def test_a_thread_is_read_in_pieces(tmp_path: Path) -> None:
    async with MailIndex.open(tmp_path / "mail.db") as index:
        await index_of(
            index, tmp_path, *(mail(f"{n}", references="<0@x>", day=f"{n:02} Jan 2024") for n in range(1, 8))
        )
        (hit,) = await index.search("*", limit=1)
        for first, limit, subjects_ in ((1, 2, "12"), (6, None, "67"), (8, 1, ""), (2**70, 2**70, ""), (-1, -1, "")):
            piece = await index.thread(hit.id, first=first, limit=limit)
            assert ("".join(one.subject for one in piece), piece.count, piece.subject) == (subjects_, 7, "1")


async def test_what_is_too_long_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed_message, "MOST_TEXT_CHARS", 100)
    async with MailIndex.open(tmp_path / "mail.db") as index:
        await index_of(index, tmp_path, mail("Long", "tea " * 30 + "kettle"), mail("Short", "tea"))
        await index.add(Document("long", "tea " * 30))
        found = await index.search("kettle")
        assert (found.count, found.cut) == (0, 2)
        assert str(found).endswith("0 shown; of 2 only the beginning is searched")


async def test_a_message_may_go_to_very_many(tmp_path: Path) -> None:
    everybody = ", ".join(f"User {n} <user{n}@example.org>" for n in range(5_000))
    async with MailIndex.open(tmp_path / "mail.db") as index:
        await index_of(index, tmp_path, mail(to=everybody))
        assert (await index.search("to:user4999@example.org")).count == 1
        assert len(await index.people("user4999")) == 1


async def test_documents_that_cannot_be_read_are_counted_until_they_can(tmp_path: Path) -> None:
    async with MailIndex.open(tmp_path / "mail.db") as index:
        await index.add([Document("a", " "), Document("b", ""), Document("c", "From: a@b.c\nTo: d@e.f\n\nTea.")])
        assert (await index.search("tea")).unreadable == 2
        await index.add([Document("a", "Tea."), Document("b", "")])
        assert (await index.search("tea")).unreadable == 1


async def test_a_damaged_index_is_named(tmp_path: Path) -> None:
    async with MailIndex.open(tmp_path / "mail.db") as index:
        await index_of(index, tmp_path, *(mail(f"Tea {n}", "kettle " * 200) for n in range(30)))
    data = (tmp_path / "mail.db").read_bytes()
    (tmp_path / "mail.db").write_bytes(data[:4_096] + b"\xff" * (len(data) - 4_096))
    async with MailIndex.open(tmp_path / "mail.db") as index:
        for use in (index.search("kettle"), index.people(), index.add(Document("a", "tea"))):
            with pytest.raises(ConfigurationError, match=r"mail\.db' cannot be used: .*build it anew"):
                await use


async def test_one_searches_while_another_adds(tmp_path: Path) -> None:
    async with MailIndex.open(tmp_path / "mail.db") as one, MailIndex.open(tmp_path / "mail.db") as other:
        boxes = [tmp_path / "a.mbox", tmp_path / "b.mbox"]
        for at, box in enumerate(boxes):
            box.write_bytes(mbox(*(mail(f"Tea {at} {n // 2}") for n in range(60))))
        async with anyio.create_task_group() as group:
            for index, box in zip((one, other), boxes, strict=True):
                group.start_soon(index.add, box)
                group.start_soon(index.add, boxes[0])
                group.start_soon(index.search, "tea")
        assert (await one.search("tea")).count == (await other.search("*")).count == 60


async def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is no database, and it is long enough to be looked at." * 20)
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE x (y)")
    other.close()
    async with MailIndex.open(tmp_path / "newer.db"):
        pass
    newer = sqlite3.connect(tmp_path / "newer.db")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    for name in ("text.db", "other.db", "newer.db", "none/mail.db"):
        with pytest.raises(ConfigurationError, match="index"):
            async with MailIndex.open(tmp_path / name):
                pass
    index = MailIndex.open(tmp_path / "mail.db")
    with pytest.raises(UsageError, match="not open"):
        await index.search("tea")
    async with index:
        with pytest.raises(ConfigurationError, match="no file or folder"):
            await index.add(tmp_path / "missing")
