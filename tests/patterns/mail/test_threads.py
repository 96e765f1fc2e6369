"""Threads: by the ids of messages, by subjects, in whatever order the messages are added."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from agentkit.patterns import MailIndex
from tests.patterns.mail.mailboxes import BEN, CHLOE, index_of, mail

pytestmark = pytest.mark.anyio

FIRST = mail("Tea", message_id="<1@x>", day="01 Jan 2024")
SECOND = mail("Re: Tea", message_id="<2@x>", references="<1@x>", sender=BEN, day="02 Jan 2024")
THIRD = mail("AW: Tea", message_id="<3@x>", in_reply_to="Yours of Monday <2@x>", sender=CHLOE, day="03 Jan 2024")
BARE = mail("Re: [list] TEA", message_id="<4@x>", sender=BEN, day="04 Jan 2024")


async def threads(tmp_path: Path, *messages: bytes, together: bool = True) -> list[int]:
    """The number of messages of each thread, where all are added together, or one after the other."""
    async with MailIndex.open(tmp_path / "mail.db") as index:
        for added in [messages] if together else [(message,) for message in messages]:
            await index_of(index, tmp_path, *added)
        found = await index.search("*", limit=None)
        sizes = {hit.thread: len(await index.thread(hit.id)) for hit in found}
        assert len(sizes) == found.threads
        return sorted(sizes.values())


async def test_messages_that_name_one_another_are_a_thread_in_any_order(tmp_path: Path) -> None:
    for number, order in enumerate(itertools.permutations([FIRST, SECOND, THIRD, BARE])):
        if number % 5 == 0:
            folder = tmp_path / str(number)
            folder.mkdir()
            assert await threads(folder, *order, together=number % 2 == 0) == [4]


async def test_two_messages_are_joined_by_one_that_is_not_there(tmp_path: Path) -> None:
    lost = [mail("Re: a", references="<lost@x>", message_id="<5@x>"), mail("Re: b", in_reply_to="<lost@x>")]
    assert await threads(tmp_path, *lost) == [2]


@pytest.mark.parametrize(
    "other",
    [
        mail("Tea", message_id="<9@x>", sender=BEN),
        mail("Re: Tea", sender="eve@evil.example", to="all@evil.example"),
        mail("Re: Tea", sender=BEN, day="01 Jun 2024"),
        mail("Re: Tea", sender=BEN, day="x"),
        mail("Re: Tea", sender=BEN, in_reply_to="<other@x>"),
        mail("Re:", sender=BEN),
        mail("Rent", sender=BEN),
        mail("Re: Tea", sender="joanna@example.com", to="ben@example.org.evil"),
    ],
)
async def test_a_subject_alone_makes_no_thread(tmp_path: Path, other: bytes) -> None:
    assert await threads(tmp_path, FIRST, other) == [1, 1]


async def test_an_address_that_is_named_in_in_reply_to_is_no_message(tmp_path: Path) -> None:
    """Old programs write `In-Reply-To: Message from Anna <anna@example.com> of Monday`."""
    said = "Message from Anna Adler <anna@example.com> of Monday"
    answers = [mail(f"Answer {n}", sender=BEN, to="Anna <anna@example.com>", in_reply_to=said) for n in range(2)]
    assert await threads(tmp_path, *answers) == [1, 1]


async def test_the_smaller_thread_is_moved_to_the_greater(tmp_path: Path) -> None:
    """Else somebody who names old messages in the right order makes each new message move all the others."""
    async with MailIndex.open(tmp_path / "mail.db") as index:
        old = mail("Old", message_id="<old@x>")
        await index_of(index, tmp_path, old, *(mail(f"{n}", references="<many@x>") for n in range(5)))
        (many,) = await index.search("subject:1")
        await index_of(index, tmp_path, mail("Both", references="<old@x> <many@x>"))
        found = await index.search("*")
        assert {hit.thread for hit in found} == {many.thread}
        assert (found.count, found.threads) == (7, 1)
