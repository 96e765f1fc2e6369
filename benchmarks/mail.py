"""Index of mail: time and memory of indexing a mailbox made here, of a second run, and of queries.

    python -m benchmarks.mail [--mb 50] [--folder FOLDER]

The mailbox has plain text, HTML beside text and alone, attachments, threads, replies without references, broken
headers, odd charsets and line ends. Indexing is compared with `email.message_from_bytes(..., policy=default)` alone for
the same messages. Each step runs in a process of its own, whose memory is measured.
"""

from __future__ import annotations

import argparse
import base64
import email
import email.policy
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio

FIRST = "Anna Ben Chloe Dmitri Eva Farid Greta Hugo Ines Jonas Kaya Liam Mia Noor Oskar Petra"
LAST = "Adler Berg Costa Dietz Engel Fuchs Graf Hahn Ivanov Jung"
PEOPLE = [
    (f"{first} {last}", f"{first}.{last}@{domain}".lower())
    for first in FIRST.split()
    for last in LAST.split()
    for domain in ("example.com", "mail.example.org")
]
STEMS = "tea kettle harbour invoice garden window engine letter copper violin market bridge winter lantern orchard"
WORDS = [f"{stem}{ending}" for stem in STEMS.split() for ending in ("", "s", "ed", "ing", "er", "ly", "ness", "able")]
CHARSETS = ("iso-8859-1", "utf-8", "windows-1252", "gb2312", "koi8-r", "no-such-charset")
QUERIES = (
    "invoice",
    'from:anna subject:"tea teas"',
    "kettle after:2000-02 before:2000-03 has:attachment",
    "(violins or lanterns) not to:ben.berg@example.com",
    "word4711",
    "harb*",
    "from:petra -subject:re",
)


class MailboxMaker:
    """Makes messages; the same ones for the same seed."""

    def __init__(self, seed: int = 1) -> None:
        self._draw = random.Random(seed)  # noqa: S311 - mail, no secrets
        self._count = 0
        self._threads: list[tuple[str, str]] = []
        self._files = [base64.encodebytes(self._draw.randbytes(size)) for size in (5_000, 30_000, 120_000, 400_000)]

    def messages(self, size: int) -> Iterator[bytes]:
        """Yield messages as an mbox file holds them, of so many bytes together."""
        while size > 0:
            message = self.message()
            yield message
            size -= len(message)

    def message(self) -> bytes:
        """Return one message with the line before it."""
        draw = self._draw
        self._count += 1
        sender, (name, address) = draw.choice(PEOPLE), draw.choice(PEOPLE)
        own = f"<{self._count}.{draw.getrandbits(48):x}@{sender[1].partition('@')[2]}>"
        at = time.gmtime(946_684_800 + self._count * 4_000 % 780_000_000)
        date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", at)
        subject, thread = self.words(draw.randrange(2, 7)), ""
        if self._threads and draw.random() < 0.6:
            before, subject = self._threads[draw.randrange(len(self._threads))]
            thread = f"In-Reply-To: {before}\nReferences: {before}\n" if draw.random() < 0.9 else ""
            subject = f"Re: {subject}"
        self._threads = [*self._threads[-200:], (own, subject.removeprefix("Re: "))]
        headers = (
            f"Received: from a.example (a.example [192.0.2.1])\n by b.example (Postfix) with ESMTPS id {own[1:9]}\n"
            f" for <{address}>; {date}\nReceived: by c.example with SMTP id {own[1:9]}; {date}\n"
            f"Return-Path: <{sender[1]}>\nX-Spam-Status: No, score=-1.2\nX-Mailer: Letters {draw.randrange(9)}.0\n"
            f"From: {sender[0]} <{sender[1]}>\nTo: \"{name}\" <{address}>, {draw.choice(PEOPLE)[1]}\n"
            f"Subject: {subject}\nDate: {date}\nMessage-ID: {own}\n{thread}MIME-Version: 1.0\n"
        )  # fmt: skip
        return f"From {sender[1]} {time.asctime(at)}\n".encode() + headers.encode() + self.body() + b"\n\n"

    def body(self) -> bytes:
        """Return the headers of the content, and the content."""
        draw = self._draw
        kind = draw.random()
        text = self.text(draw.randrange(40, 400))
        if kind < 0.5:
            return f"Content-Type: text/plain; charset=utf-8\n\n{text}".encode()
        if kind < 0.75:
            return self.parts("alternative", self.plain(text), self.page(text))
        if kind < 0.9:
            file = draw.choices(self._files, weights=(6, 4, 2, 1))[0]
            name = f"{draw.choice(WORDS)}.{draw.choice(['pdf', 'jpg', 'zip'])}"
            attached = f'Content-Type: application/octet-stream; name="{name}"\nContent-Transfer-Encoding: base64\n'
            attached += f'Content-Disposition: attachment; filename="{name}"\n\n'
            return self.parts("mixed", self.plain(text), attached.encode() + file)
        if kind < 0.95:
            return self.page(text)
        if kind < 0.98:
            charset = draw.choice(CHARSETS)
            content = f"{text} caf\u00e9".encode("latin-1")
            return f"Content-Type: text/plain; charset={charset}\n\n".encode() + content
        broken = (
            b"a line that is no header\n",
            b"Content-Type: multipart/mixed\n",
            b"Content-Type: text/plain; charset\n",
        )
        return draw.choice(broken) + b"X-More: yes\n\n" + text.encode()

    def plain(self, text: str) -> bytes:
        """Return a part of plain text."""
        return f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}".encode()

    def page(self, text: str) -> bytes:
        """Return a part of HTML."""
        rows = "".join(f'<tr><td style="padding:4px"><p class="x">{line}</p></td></tr>\n' for line in text.splitlines())
        page = f"<html><head><style>p {{ margin: 0 }}</style></head><body><table>{rows}</table></body></html>"
        return f"Content-Type: text/html; charset=utf-8\n\n{page}".encode()

    def parts(self, kind: str, *parts: bytes) -> bytes:
        """Return several parts as one."""
        mark = f"=_{self._draw.getrandbits(64):016x}".encode()
        head = f'Content-Type: multipart/{kind}; boundary="{mark.decode()}"\n\n'.encode()
        return head + b"".join(b"--%b\n%b\n" % (mark, part) for part in parts) + b"--%b--" % mark

    def words(self, count: int) -> str:
        """Return words, few of them often, and now and then one of its own."""
        draw = self._draw
        chosen = draw.choices(WORDS, weights=[1 / (place + 1) for place in range(len(WORDS))], k=count)
        return " ".join(f"word{draw.randrange(100_000)}" if draw.random() < 0.05 else word for word in chosen)

    def text(self, count: int) -> str:
        """Return lines of text, some of them quoted."""
        words = self.words(count).split()
        lines = [" ".join(words[at : at + 12]) for at in range(0, len(words), 12)]
        return "\n".join(f"> {line}" if at % 5 == 4 else line for at, line in enumerate(lines))


def parse_all(box: Path) -> dict[str, float]:
    """Parse each message as the standard library does, and nothing else."""
    from agentkit_tools.mbox import messages_of_mbox

    spent = 0.0
    with box.open("rb") as file:
        for message in messages_of_mbox(file):
            began = time.process_time()
            email.message_from_bytes(message.data or b"", policy=email.policy.default)
            spent += time.process_time() - began
    return {"cpu": spent}


def index_all(box: Path) -> dict[str, float]:
    """Add the mailbox to the index beside it."""
    from agentkit.patterns import MailIndex

    async def add() -> dict[str, float]:
        async with MailIndex.open(box.with_suffix(".db")) as index:
            began = time.process_time()
            report = await index.add(box)
            return {
                "cpu": time.process_time() - began,
                "read": report.read,
                "new": report.new,
                "bad": report.unreadable,
            }

    return anyio.run(add)


def touch_and_index(box: Path) -> dict[str, float]:
    """Add the mailbox once more where only its time has changed, so that its bytes have to be compared."""
    box.touch()
    return index_all(box)


def search_all(box: Path) -> dict[str, float]:
    """Search, each query three times, and return the milliseconds of the fastest."""
    from agentkit.patterns import MailIndex

    async def search() -> dict[str, float]:
        async with MailIndex.open(box.with_suffix(".db")) as index:
            spent: dict[str, float] = {}
            for query in QUERIES:
                for _ in range(3):
                    began = time.process_time()
                    found = await index.search(query)
                    passed = 1_000 * (time.process_time() - began)
                    spent[f"{query} ({found.count})"] = min(spent.get(f"{query} ({found.count})", passed), passed)
            return spent

    return anyio.run(search)


STEPS: dict[str, Callable[[Path], dict[str, float]]] = {
    "parse": parse_all,
    "index": index_all,
    "again": index_all,
    "touched": touch_and_index,
    "search": search_all,
}


def run_step(name: str, box: Path) -> dict[str, float]:
    """Run a step in a process of its own; its peak memory in MB is `memory`."""
    command = [sys.executable, "-m", "benchmarks.mail", "--step", name, "--folder", str(box.parent)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=int, default=50, help="size of the mailbox")
    parser.add_argument("--folder", type=Path, help="where mailbox and index are kept; default: a temporary folder")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        measured = STEPS[args.step](args.folder / "mail.mbox")
        print(json.dumps({**measured, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return
    with tempfile.TemporaryDirectory() as temporary:
        box = (args.folder or Path(temporary)) / "mail.mbox"
        with box.open("wb") as file:
            file.writelines(MailboxMaker().messages(args.mb * 1_000_000))
        parsing = run_step("parse", box)["cpu"]
        print(f"{box.stat().st_size / 1e6:.0f} MB: the standard library parses in {parsing:.1f} s of CPU")
        for name in ("index", "again", "touched"):
            step = run_step(name, box)
            print(f"{name}: {step['cpu']:.2f} s, {step['cpu'] / parsing:.3f}x, {step['memory']:.0f} MB; "
                  f"{step['read']:.0f} messages, {step['new']:.0f} new, {step['bad']:.0f} unreadable")  # fmt: skip
        size = box.with_suffix(".db").stat().st_size
        print(f"index: {size / 1e6:.0f} MB, {size / box.stat().st_size:.2f} of the mailbox")
        for query, milliseconds in run_step("search", box).items():
            print(f"  {milliseconds:6.1f}  {query}" if query != "memory" else f"memory: {milliseconds:.0f} MB")


if __name__ == "__main__":
    main()
