"""What queries find in mail, and that no text of them is syntax."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentkit import UsageError
from agentkit.patterns import MailIndex
from agentkit.patterns.mail.conditions import (
    All,
    And,
    Condition,
    Identity,
    Not,
    Or,
    Period,
    Size,
    Text,
)
from agentkit.patterns.mail.searching import MailReader
from agentkit.patterns.mail.tables import open_database
from tests.patterns.mail.mailboxes import BEN, CHLOE, index_of, mail, subjects

pytestmark = pytest.mark.anyio

MESSAGES = (
    mail("Invoice", "Forty kettles, as agreed.", day="01 Mar 2023", file="bill.csv"),
    mail(
        "Re: Invoice", "The kettle is too hot.", sender=BEN, to=CHLOE, cc="Anna <anna@example.com>", day="05 Mar 2023"
    ),
    mail("旅行の予定", "来週の東京出張について。ราคาสินค้า", sender=CHLOE, day="01 Jan 2024"),
    mail("Caf\u00e9", "A purchase order of 12.50 EUR, not ordered.", day="30 Dec 2023", bcc=CHLOE),
    mail('Odd "quotes" OR NOT', "NEAR(tea) {sender} : * ^x", sender='"Kettle, Inc." <shop@kettle.example>', day="x"),
)
NAMES = ["invoice", "reply", "trip", "cafe", "odd"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kettle", "odd reply invoice"),
        ("kettles -from:kettle", "reply invoice"),
        ("body:kettle", "reply invoice"),
        ('"purchase order"', "cafe"),
        ('"order purchase"', ""),
        ("cafe", "cafe"),
        ("12.50", "cafe"),
        ("kett* -kettle", ""),
        ("inv* after:2023", "reply invoice"),
        ("from:anna", "cafe invoice"),
        ("from:anna@example.com subject:invoice", "invoice"),
        ("to:chloe", "cafe reply"),
        ("cc:anna or cc:chloe", "cafe reply"),
        ("person:anna", "cafe reply invoice"),
        ("from:(ben or chloe)", "trip reply"),
        ("東京", "trip"),
        ("予定 or 京東", "trip"),
        ("สินค้า", "trip"),
        ("has:attachment", "invoice"),
        ("filename:bill or filename:nothing", "invoice"),
        ("-has:attachment kettle", "odd reply"),
        ("before:2023-03-05", "invoice"),
        ("after:2023-03-05 before:2024", "cafe reply"),
        ("on:2023", "cafe reply invoice"),
        ("-on:2023", "trip odd"),
        ("kettle or on:2024", "trip odd reply invoice"),
        ("-(kettle or on:2024)", "cafe"),
        ("smaller:1kb -larger:300", "trip cafe reply odd"),
        ('subject:"odd quotes or not"', "odd"),
        ('"near" "sender" -tea', ""),
        ("not not near", "odd"),
        ("*", "trip cafe reply invoice odd"),
        ("-*", ""),
    ],
)
async def test_queries_find(tmp_path: Path, query: str, found: str) -> None:
    names = dict(zip(["Invoice", "Re: Invoice", "旅行の予定", "Caf\u00e9", 'Odd "quotes" OR NOT'], NAMES, strict=True))
    async with MailIndex.open(tmp_path / "mail.db") as index:
        await index_of(index, tmp_path, *MESSAGES)
        result = await index.search(query)
        assert sorted(names[subject] for subject in subjects(result)) == sorted(found.split())
        assert result.count == len(found.split())


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30) | st.text(alphabet='ab "*^:(){}-+\0\ud800', max_size=99), st.booleans(), st.booleans())
def test_no_text_is_syntax(tmp_path: Path, text: str, is_prefix: bool, is_absent: bool) -> None:
    database = open_database(tmp_path / "mail.db")
    condition = Text(text, "subject", is_prefix=is_prefix)
    assert MailReader(database).search(Not(condition) if is_absent else condition, 10).count == 0
    database.close()


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        (And(()), 1),
        (Or(()), 0),
        (Not(And(())), 0),
        (And((Text("tea"), Or(()))), 0),
        (And((Text("tea"), Not(Or(())))), 1),
        (Size(least=10**30), 0),
        (Size(most=10**30), 1),
        (Period(-(10**30), 10**30), 1),
        (Identity(""), 0),
        (Identity("ab", whole_thread=True), 0),
        (Or((*(Text(f"w{n}") for n in range(199)), Text("tea"))), 1),
        (Or(tuple(And((Size(n), All())) for n in range(90))), 1),
    ],
)
async def test_conditions_may_be_anything(tmp_path: Path, condition: Condition, count: int) -> None:
    async with MailIndex.open(tmp_path / "mail.db") as index:
        await index_of(index, tmp_path, mail())
        assert (await index.search(condition, limit=2**70)).count == count


async def test_conditions_that_are_too_many_or_too_deep_are_refused(tmp_path: Path) -> None:
    deep: Condition = Text("tea")
    for _ in range(3_000):
        deep = Not(deep)
    async with MailIndex.open(tmp_path / "mail.db") as index:
        for condition in (deep, Or((Text("tea"),) * 1_000)):
            with pytest.raises(UsageError, match="more than 200 conditions"):
                await index.search(condition)


async def test_letters_are_found_in_whatever_form_they_are_written(tmp_path: Path) -> None:
    text = "an in\u00advoice in ze\u200bro copies, \uff54\uff45\uff41, 40\u339e, \ufb01ne, \u1107\u1169\u1100\u1169"
    async with MailIndex.open(tmp_path / "mail.db") as index:
        await index_of(index, tmp_path, mail("Forms", text))
        for query in ("invoice", "zero", "tea", "40km", "fine", "\ubcf4\uace0", "\uff46\uff49ne", "in\u00advoice"):
            assert (await index.search(query)).count == 1, query
