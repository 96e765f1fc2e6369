"""Files are added once: what was moved or has grown, was cut off, killed or rewritten adds only what is new."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from agentkit.patterns import MailIndex
from agentkit.patterns.mail import writing
from tests.patterns.mail.mailboxes import mail, mbox, subjects

pytestmark = pytest.mark.anyio

SHORT = tuple(mail(f"Tea {n}", f"Kettle {n}.", day=f"{n + 1:02} Jan 2024") for n in range(12))


@pytest.fixture
def small_batches() -> Iterator[None]:
    before = writing._BATCH_MESSAGES
    writing._BATCH_MESSAGES = 4
    yield
    writing._BATCH_MESSAGES = before


async def added(index: MailIndex, *sources: Path) -> list[tuple[int, int]]:
    reports = [await index.add(source) for source in sources]
    return [(report.read, report.new) for report in reports]


@pytest.mark.usefixtures("small_batches")
async def test_a_file_that_was_moved_copied_or_has_grown_adds_what_is_new(tmp_path: Path) -> None:
    box = tmp_path / "Inbox"
    async with MailIndex.open(tmp_path / "mail.db") as index:
        box.write_bytes(mbox(*SHORT[:7]))
        assert await added(index, box, box) == [(7, 7), (7, 0)]
        box.write_bytes(mbox(*SHORT[:9]))
        assert await added(index, box) == [(9, 2)]
        box.rename(tmp_path / "Archive")
        assert await added(index, tmp_path / "Archive") == [(9, 0)]
        shutil.copy(tmp_path / "Archive", box)
        box.write_bytes(box.read_bytes() + mbox(*SHORT[9:10]))
        assert await added(index, box, tmp_path / "Archive") == [(10, 1), (9, 0)]
        box.write_bytes(mbox(*reversed(SHORT)).replace(b"From: Anna", b"X-Mozilla-Status: 0001\nFrom: Anna"))
        assert await added(index, box) == [(12, 2)]
        assert (await index.search("kettle")).count == 12
        hit = (await index.search("3")).hits[0]
        assert (await index.message(hit.id)).place == str(box)


async def test_a_message_in_another_form_is_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "a.eml").write_bytes(SHORT[0])
    (folder / "b.eml").write_bytes(SHORT[0].replace(b"\n", b"\r\n"))
    (folder / "c.eml").write_bytes(b"Status: RO\nX-Keywords: a\n b\n" + SHORT[0] + b"\n\n")
    (folder / "d.mbox").write_bytes(mbox(SHORT[0]))
    (folder / "e.emlx").write_bytes(b"%d\n%b<plist/>" % (len(SHORT[0]), SHORT[0]))
    (folder / "f.eml").write_bytes(SHORT[0].replace(b"Kettle", b"kettle"))
    async with MailIndex.open(tmp_path / "mail.db") as index:
        assert await added(index, folder, folder) == [(6, 2), (6, 0)]


async def test_a_message_that_was_read_while_it_came_is_read_again(tmp_path: Path) -> None:
    box = tmp_path / "Inbox"
    whole = mbox(SHORT[0], mail("Long", "One kettle after another. " * 40, file="bill.csv"))
    async with MailIndex.open(tmp_path / "mail.db") as index:
        for end in (len(whole) // 3, len(whole) // 2, len(whole)):
            box.write_bytes(whole[:end])
            await index.add(box)
        assert sorted(subjects(await index.search("*"))) == ["Long", "Tea 0"]
        assert (await index.search("has:attachment filename:bill kettle")).count == 1
        (tmp_path / "Inbox").write_bytes(mbox(SHORT[5]))
        await index.add(box)
        assert (await index.search("*")).count == 3


async def test_a_thread_keeps_its_id_when_its_first_message_is_read_again(tmp_path: Path) -> None:
    box = tmp_path / "Inbox"
    whole = mbox(mail("Long", "One kettle after another. " * 40, message_id="<1@x>"))
    async with MailIndex.open(tmp_path / "mail.db") as index:
        box.write_bytes(whole[: len(whole) // 2])
        await index.add(box)
        (tmp_path / "answers").write_bytes(mbox(*(mail(f"Re {n}", in_reply_to="<1@x>") for n in range(3))))
        await index.add(tmp_path / "answers")
        box.write_bytes(whole)
        await index.add(box)
        found = await index.search("*")
        assert (found.count, len({hit.thread for hit in found})) == (4, 1)
        assert (await index.thread(found.hits[0].thread)).count == 4


async def test_malformed_mail_is_counted_and_never_fatal(tmp_path: Path) -> None:
    draw = random.Random(7)
    folder = tmp_path / "mail"
    folder.mkdir()
    whole = bytearray(mbox(*SHORT, mail("Bill", file="a.pdf", references="<a@b> <c@d>")))
    for n in range(40):
        broken = whole.copy()
        for _ in range(draw.randrange(1, 30)):
            at = draw.randrange(len(broken))
            junk = draw.choice([b"", b"\0", b"\n", b"\r", b"\xff", draw.randbytes(9)])
            broken[at : at + draw.randrange(1, 40)] = junk
        (folder / f"{n}.mbox").write_bytes(broken)
    (folder / "no.eml").write_bytes(b"no headers")
    (folder / "deep.eml").write_bytes(b"Content-Type: message/rfc822\n\n" * 500)
    (folder / "link.eml").symlink_to("/etc/hostname")
    (folder / "empty.mbox").touch()
    async with MailIndex.open(tmp_path / "mail.db") as index:
        first, second = await index.add(folder), await index.add(folder)
        assert first.new > 100
        assert first.read == second.read
        assert (second.new, first.unreadable) == (0, second.unreadable)
        assert {gap.document for gap in first.gaps} == {gap.document for gap in second.gaps}
        assert {"no.eml", "deep.eml", "link.eml", "empty.mbox"} <= {Path(gap.document).name for gap in first.gaps}
        found = await index.search("*", limit=None)
        assert (found.count, found.unreadable) == (first.new, first.unreadable)


@pytest.mark.usefixtures("small_batches")
async def test_adding_that_is_cancelled_goes_on_later(tmp_path: Path) -> None:
    box = tmp_path / "Inbox"
    box.write_bytes(mbox(*SHORT))
    async with MailIndex.open(tmp_path / "mail.db") as index:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await index.add(box)
        assert await added(index, box) == [(12, 12)]


_KILLED = """
import os, sys, anyio
from pathlib import Path
from agentkit.patterns import MailIndex
from agentkit.patterns.mail import writing
writing._BATCH_MESSAGES = 3
left = int(sys.argv[3])
def execute(self, *given, _execute=writing.MailWriter._insert):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), 9)
    _execute(self, *given)
writing.MailWriter._insert = execute
async def main():
    async with MailIndex.open(sys.argv[1]) as index:
        await index.add(Path(sys.argv[2]))
anyio.run(main)
"""


async def test_a_process_that_is_killed_costs_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    box = tmp_path / "Inbox"
    box.write_bytes(mbox(*SHORT))
    for moment in (1, 5, 11):
        database = tmp_path / f"{moment}.db"
        command = [sys.executable, "-c", _KILLED, str(database), str(box), str(moment)]
        killed = await anyio.run_process(command, check=False, stderr=None)
        assert killed.returncode == -9
        async with MailIndex.open(database) as index:
            written = (await index.search("*")).count
            assert written == (moment - 1) // 3 * 3
            assert await added(index, box, box) == [(12, 12 - written), (12, 0)]
            found = await index.search("kettle")
            assert (found.count, found.threads) == (12, 12)
            assert [(one.name, one.sent) for one in await index.people("anna")] == [("Anna Adler", 12)]


async def test_a_file_that_can_be_read_again_is_no_longer_counted(tmp_path: Path) -> None:
    box, kept = tmp_path / "Inbox", tmp_path / "kept"
    box.write_bytes(mbox(*SHORT[:3]))
    async with MailIndex.open(tmp_path / "mail.db") as index:
        await index.add(box)
        box.rename(kept)
        for _ in range(2):
            box.symlink_to("nowhere")
            report = await index.add(tmp_path)
            assert [gap.reason for gap in report.gaps] == ["a link to a file that does not exist"]
            assert (await index.search("kettle")).unreadable == 1
            box.unlink()
            kept.rename(box)
            assert await added(index, box) == [(3, 0)]
            assert (await index.search("kettle")).unreadable == 0
            box.rename(kept)
        box.symlink_to("nowhere")
        await index.add(tmp_path)
        box.unlink()
        box.write_bytes(b"\xff\xd8 a picture")
        await index.add(tmp_path)
        assert (await index.search("kettle")).unreadable == 0


async def test_a_file_that_is_named_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "Inbox").write_bytes(mbox(SHORT[0]))
    (tmp_path / "link").symlink_to(tmp_path / "a" / "Inbox")
    async with MailIndex.open(tmp_path / "mail.db") as index:
        assert await added(index, tmp_path / "link") == [(1, 1)]


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux")
async def test_names_that_are_not_utf8_are_kept_apart(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    for name in (b"caf\xe9.eml", b"caf\xe8.eml"):
        (folder / os.fsdecode(name)).write_bytes(mail(name.hex(), file="bill.csv"))
    async with MailIndex.open(tmp_path / "mail.db") as index:
        assert await added(index, folder, folder) == [(2, 2), (2, 0)]
        for hit in await index.search("has:attachment"):
            assert [file.data for file in await index.attachments(hit.id)] == [b"The bill is 12 EUR."]
            assert (await index.message(hit.id)).place.endswith("/caf\ufffd.eml")


async def test_what_may_be_mail_but_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    for name in ("cur", "new"):
        (folder / name).mkdir(parents=True)
    (folder / "cur" / "1.a:2,S").write_bytes(b"X-Odd: only this\n\nTea.\n")
    (folder / "cur" / "2.a:2,S").write_bytes(b"X-Long: " + b"x" * 9_000 + b"\n" + SHORT[0])
    (folder / "cur" / "3.a:2,S").write_bytes(b"no mail")
    (folder / "cur" / "4.a:2,S").write_bytes(gzip.compress(SHORT[1]))
    (folder / "17").write_bytes(b"Received: " + b"x" * 9_000 + b"\n" + SHORT[2])
    for name in ("a.mbox.gz", "b.zip", "c.dbx", "d.olm", "e.jpg"):
        (folder / name).write_bytes(b"\0")
    async with MailIndex.open(tmp_path / "mail.db") as index:
        report = await index.add(folder)
        assert (report.read, report.new, report.other_files) == (4, 3, 1)
        assert sorted(Path(gap.document).name for gap in report.gaps) == [
            "3.a:2,S", "4.a:2,S", "a.mbox.gz", "b.zip", "c.dbx", "d.olm",
        ]  # fmt: skip
        assert "1 file holds no mail" in str(report)


async def test_processes_that_add_the_same_at_once_share_the_work(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    for n, message in enumerate(SHORT * 5):
        (folder / f"{n}.eml").write_bytes(message + b"%d" % n)
    async with AsyncExitStack() as stack:
        indexes = [await stack.enter_async_context(MailIndex.open(tmp_path / "mail.db")) for _ in range(3)]
        async with anyio.create_task_group() as group:
            for index in indexes:
                group.start_soon(index.add, folder)
        assert (await indexes[0].search("kettle")).count == 60


async def test_a_search_counts_a_file_of_which_reading_was_interrupted(tmp_path: Path) -> None:
    class Full(Exception):
        pass

    (tmp_path / "Inbox").write_bytes(mbox(*SHORT))
    async with MailIndex.open(tmp_path / "mail.db") as index:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writing.MailWriter, "write", _raise(Full))
            with pytest.raises(Full):
                await index.add(tmp_path / "Inbox")
        assert (await index.search("kettle")).unreadable == 1
        assert await added(index, tmp_path / "Inbox") == [(12, 12)]
        assert (await index.search("kettle")).unreadable == 0


def _raise(error: type[Exception]) -> Callable[[object], None]:
    def raise_it(_: object) -> None:
        raise error

    return raise_it
