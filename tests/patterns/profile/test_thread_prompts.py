"""Threads as readers get them are of bounded size, and say what is left out of one that is too long."""

from __future__ import annotations

from datetime import UTC, datetime

from agentkit.patterns import MailAttachment, MailMessage, MailThread
from agentkit.patterns.profile.thread_prompts import FILTER_CHARS, MOST_THREAD_TOKENS, ThreadTexts, heading
from agentkit.patterns.reading.packing import PACK_TOKENS, estimated_tokens


def thread_of(*texts: str) -> ThreadTexts:
    messages = tuple(
        MailMessage(
            f"{number:016x}", "0", datetime(2024, 1, 2, tzinfo=UTC), "Anna\n" * 400, "b@x", "c@x", "Tea", text,
            (MailAttachment("bill.pdf", "application/pdf", 9),),
        )
        for number, text in enumerate(texts)
    )  # fmt: skip
    return ThreadTexts.of(MailThread("0" * 16, "Tea", messages))


def test_the_filter_sees_the_beginning_and_what_stands_around_the_words() -> None:
    filler = " ".join(f"word{number}" for number in range(4_000))
    texts = thread_of("Tea, please.", f"{filler} the kettles are here {filler}")
    (block,) = texts.excerpts(["kettl"])
    text = block["source"]["data"]
    assert len(text) <= FILTER_CHARS + 100
    assert "Tea, please." in text
    assert "the kettles are here" in text
    (answered,) = thread_of(filler, "No tea.").excerpts([])
    assert len(answered["source"]["data"]) <= FILTER_CHARS + 100
    assert answered["source"]["data"].endswith("No tea."), "the latest message"
    (short,) = thread_of("Tea, please.").excerpts([])
    assert short["source"]["data"].endswith("\nTea, please.")


def test_each_message_is_a_document_that_says_who_wrote_it_and_when() -> None:
    texts = thread_of("Tea, please.", "Yes.\n> Tea, please.", "> Tea, please.")
    (pack,), gaps = texts.packs()
    blocks = texts.prompt(pack)
    assert [block["source"]["data"] for block in blocks] == [
        "Tea, please.",
        "Yes.",
        "(Nothing but what earlier messages say.)",
    ]
    title = blocks[0]["title"]
    assert title.startswith(f"{0:016x}: 2024-01-02, from Anna Anna")
    assert title.endswith("to b@x, c@x, subject Tea, files bill.pdf")
    assert len(heading(texts.thread.messages[0])) < 500
    assert gaps == []


def test_a_thread_that_is_too_long_is_read_up_to_a_limit_and_says_so() -> None:
    lines = "\n".join(f"line {number} of a mail that never ends" for number in range(60_000))  # 2 MB
    texts = thread_of("Tea, please.", lines)
    packs, gaps = texts.packs()
    assert 1 < len(packs) <= MOST_THREAD_TOKENS // PACK_TOKENS + 1
    assert sum(pack.tokens for pack in packs) <= MOST_THREAD_TOKENS + PACK_TOKENS
    assert all(estimated_tokens(str(texts.prompt(pack))) < 2 * PACK_TOKENS for pack in packs)
    assert {gap.document.partition(",")[0] for gap in gaps} == {f"{1:016x}"}
    assert gaps[0].reason == f"its thread has more than {MOST_THREAD_TOKENS:,} tokens"


def test_a_thread_of_very_many_short_messages_fits_into_requests() -> None:
    texts = thread_of(*(f"Yes {number}." for number in range(2_000)))
    packs, gaps = texts.packs()
    read = [part.document for pack in packs for part in pack.parts]
    assert [*read, *(gap.document for gap in gaps)] == [message.id for message in texts.thread.messages]
    assert all(estimated_tokens(str(texts.prompt(pack))) < 2 * PACK_TOKENS for pack in packs)
