"""What a writer quotes is checked in whatever form it is quoted."""

import pytest

from agentkit.patterns.quotes.written_quotes import check_written_quotes

TEXTS = {"fees": "The fee is 12 EUR a month. It is never waived for students.", "cards": "Cards are free of charge."}
KNOWN = ["The fee is 12 EUR a month."]

MARK = "[a quote that no document holds]"


@pytest.mark.parametrize(
    "given",
    [
        "It says \u201cThe fee is 12 EUR a month, and always was\u201d [1].",
        "It says \u2018the fee isn\u2019t charged at all\u2019 [1].",
        "It says 'the fee isn't charged at all' [1].",
        "It says \u00bbdie Karten kosten gar nichts\u00ab [1].",
        "It is \u300c\u4f7f\u773e\u751f\u5fc3\u8b58\u660f\u6627\u4e0d\u660e\u300d [1].",
        'It is "just 13 EUR" [1].',
        "It is \u2039never charged to anybody\u203a [1].",
        "It is \u201enever charged to anybody\u201f [1].",
        "It is \uff02never charged to anybody\uff02 [1].",
        'It is \u201cnever charged to anybody" [1].',
        'It is "never charged to anybody\u201d [1].',
        "It is ``never charged to anybody'' [1].",
        "It is &quot;never charged to anybody&quot; [1].",
        "It is <q>never charged to anybody</q> [1].",
        "> The fee is never charged at all.\n> \u2014 the handbook [1]\n",
        'A 5" card costs "exactly what nobody ever said" more than a 6" one [1].',
    ],
)
def test_what_no_document_holds_is_marked_however_it_is_quoted(given: str) -> None:
    checked, false = check_written_quotes(given, KNOWN, TEXTS, "What?")
    assert (checked.count(MARK), len(false), "[1]" in checked) == (1, 1, True)


@pytest.mark.parametrize(
    "given",
    [
        "It says \u2018The fee is 12 EUR a month\u2019 [1].",
        "> The fee is 12 EUR a month.\n>\n> It is never waived for students. [1]\n>\n> \u2014 the price list\n",
        'It says \u201cThe fee is 12 EUR a month\u201d and "never waived for students" [1].',
        'It is \u201ca "real" bargain at this price, so to speak\u201d, as asked [1].',
        "> [!NOTE] This is no quote but a box [1].",
        "The customers' cards aren't \"the 12 EUR\" cards [1].",
    ],
)
def test_what_documents_hold_stays_however_it_is_quoted(given: str) -> None:
    assert check_written_quotes(
        given, KNOWN, TEXTS, 'What about the 12 EUR? Is it a "real" bargain at this price, so to speak?'
    ) == (given, [])


def test_an_address_that_no_document_holds_is_marked() -> None:
    given = "See https://a.example/fees and https://b.example/x. [1]"
    checked, (false,) = check_written_quotes(given, KNOWN, TEXTS, "https://a.example/fees?")
    assert checked == "See https://a.example/fees and [an address that no document holds]. [1]"
    assert false.quote == "https://b.example/x"
