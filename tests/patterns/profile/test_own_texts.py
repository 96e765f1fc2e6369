"""What earlier messages of a thread hold, and repeated signatures, stand once; what is new stays, as it was written."""

from __future__ import annotations

import time
from random import Random

import pytest

from agentkit.patterns import MailMessage, Quoted, verify_quotes
from agentkit.patterns.profile.own_texts import own_texts

SIGNATURE = "-- \nAnna Adler\nHead of buying, +49 30 1234\n"
ORDER = "please send forty kilos of the green tea to the harbour office before June.\nThe old address is closed."


def texts_of(*texts: str) -> list[str]:
    messages = [MailMessage(str(number), "0", None, "a", "b", "", "s", text) for number, text in enumerate(texts)]
    return [*own_texts(messages).values()]


def test_quoted_replies_go_also_when_they_were_wrapped_again() -> None:
    wrapped = "> Hi Ben,\n>\n> please send forty kilos of the green tea to the harbour\n> office before June. The old\n"
    wrapped += "> address is closed.\n"
    answer = f"It is on its way.\n\nOn 1 Jan 2024 at 10:00, Anna Adler <a@x>\nwrote:\n\n{wrapped}> {SIGNATURE}"
    nested = "No!\n> It is on its way.\n>> The old address is closed.\n"
    assert texts_of(f"Hi Ben,\n\n{ORDER}\n\n{SIGNATURE}", answer, nested) == [
        f"Hi Ben,\n\n{ORDER}\n\n{SIGNATURE}".strip("\n"),
        "It is on its way.",
        "No!",
    ]


def test_a_quote_over_what_was_left_out_is_found_in_two_passages() -> None:
    text = f"> {ORDER.splitlines()[0]}\nIt is sent.\n> The old address is closed.\nI know.\n"
    own = texts_of(ORDER, text)[1]
    assert own == "It is sent.\n[...]\nI know."
    found = verify_quotes([Quoted("m", own)], {"m": text})
    assert [one.quote for one in found.citations] == ["It is sent.", "I know."]
    assert found.dropped == ()


def test_replies_in_replies_go_with_the_lines_that_say_who_wrote_them() -> None:
    quoted = "".join(f"> {line}\n" for line in ORDER.splitlines())
    first = f"On Mon, Anna wrote:\n{quoted}\nIt came with the invoice of May."
    nested = "".join(f"> {line}\n" for line in first.splitlines())
    for above in ("On Tue, 2 Jan 2024, Ben wrote:\n", "Ben wrote:\n", "\n"):
        assert texts_of(ORDER, first, f"{above}{nested}\nSent, thanks.")[2].endswith("Sent, thanks.")
        assert len(texts_of(ORDER, first, f"{above}{nested}\nSent, thanks.")[2]) < 60
    assert "not said" in texts_of(ORDER, first, f"{nested}> and this was not said by anybody before\nSent.")[2]


def test_originals_below_a_line_go_line_by_line() -> None:
    below = f"Thanks.\n\n-----Original Message-----\nFrom: Anna\n{ORDER}\nAnd one thing more.\n"
    assert texts_of(ORDER, below)[1] == "Thanks.\n\n-----Original Message-----\nFrom: Anna\n[...]\nAnd one thing more."


def test_a_signature_stands_in_its_first_message() -> None:
    first, second = texts_of(f"Tea, please.\n\nBest,\nAnna\n{SIGNATURE}", f"More tea.\n\nBest,\nAnna\n{SIGNATURE}")
    assert first.endswith("+49 30 1234")
    assert second == "More tea."
    assert texts_of(f"Tea.\n{SIGNATURE}", "Coal.\n-- \nBen Berg\nPlumber\n")[1] == "Coal.\n-- \nBen Berg\nPlumber"


def test_the_rule_above_an_original_may_be_of_dashes_or_underscores() -> None:
    for rule in ("-----Original Message-----", "---- Forwarded by Ben ---", "________", " \t--  x  --\t", "_____ Anna"):
        assert texts_of(ORDER, f"Thanks.\n\n{rule}\n{ORDER}\nMore.\n")[1].endswith("\n[...]\nMore."), rule
    for none in ("- x -", "____", f"--- {'x' * 80} ---"):
        assert texts_of(ORDER, f"Thanks.\n\n{none}\n{ORDER}\nMore.\n")[1].endswith(f"{ORDER}\nMore."), none


def test_what_is_new_stays() -> None:
    quoted = "> never said in this thread before, by nobody at all\nSo they say.\n> The old address is closed.\n"
    assert texts_of(ORDER, quoted)[1] == "> never said in this thread before, by nobody at all\nSo they say."
    assert texts_of("a\nb", "My plan for 10:\n\nOn 1 May, Anna wrote:\n> a\n>\n> b\n")[1] == "My plan for 10:"
    assert texts_of("Tea?", "Yes.", "> Tea?\nYes.", "> Yes.\nNo.") == ["Tea?", "Yes.", "Yes.", "No."]
    assert texts_of(ORDER, f"On Monday I wrote to you:\n{ORDER} Is it so?")[1].endswith("Is it so?")


def test_every_line_that_stays_is_one_of_the_message_in_order() -> None:
    draw = Random(7)
    parts = [
        ORDER,
        SIGNATURE,
        "> > deep\n>",
        "",
        "--- forwarded ---",
        "> " + ORDER,
        "\u00e9\u2028x\x0cy",
        "On 1 May: ",
        "\r\nnew\r",
    ]
    for _ in range(300):
        texts = ["\n".join(draw.choices(parts, k=draw.randrange(6))) for _ in range(4)]
        for text, own in zip(texts, texts_of(*texts), strict=True):
            lines = iter(text.splitlines())
            assert all(line in lines for line in own.splitlines() if line != "[...]")


def test_a_thread_of_many_long_messages_takes_linear_time() -> None:
    text = "\n".join(f"> line {number} of words that go on and on" for number in range(400))
    assert texts_of(*[text] * 60)[1:] == [""] * 59


@pytest.mark.parametrize(
    "text",
    [
        "-" * 6_000 + "x" * 100,
        "_" * 6_000 + "x" * 100,
        "-_" * 6_000 + "x",
        "=" * 9 + "\n" * 20_000 + "x",
        ">\n" * 20_000 + "x",
        "\n" * 20_000 + "x",
        "1:" * 250 + ":" + " " * 100_000 + "x\n> a\n",
        "x" * 500_000 + "\n" + "> a\n>\n" * 4_000,
    ],
    ids=["dashes", "underscores", "both", "gap", "empty quoted", "empty", "colons", "quoted under a long one"],
)
def test_no_text_takes_more_than_linear_time(text: str) -> None:
    began = time.process_time()
    texts_of("a", text, text)
    assert time.process_time() - began < 8  # less than half a second on an idle machine
