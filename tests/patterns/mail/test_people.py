"""People by address and name."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentkit.patterns import MailIndex
from tests.patterns.mail.mailboxes import CHLOE, index_of, mail

pytestmark = pytest.mark.anyio


async def test_addresses_of_one_full_name_are_one_person(tmp_path: Path) -> None:
    async with MailIndex.open(tmp_path / "mail.db") as index:
        await index_of(
            index, tmp_path,
            mail("1", sender="Eva Ivanov <eva@work.example>", to="EVA@WORK.example", day="01 Jan 2020"),
            mail("2", sender="eva ivanov <eva@home.example>", day="02 Feb 2022"),
            mail("3", sender="Eva Ivanov <eva@work.example>", to=CHLOE, cc="Eva <eva@work.example>", day="x"),
            mail("4", sender="Support <help@one.example>", to='"Support" <help@two.example>'),
            mail("5", sender='"Ivanov, Eva <boss@x.example>" <eve@evil.example>'),
        )  # fmt: skip
        (eva, *rest) = await index.people("ivanov")
        assert eva.addresses == ("eva@work.example", "eva@home.example")
        assert (eva.name, set(eva.names)) == ("Eva Ivanov", {"Eva Ivanov", "eva ivanov", "Eva"})
        assert (eva.sent, eva.received) == (3, 2)
        assert eva.first is not None
        assert eva.last is not None
        assert (eva.first.year, eva.last.year) == (2020, 2022)
        assert [one.addresses for one in rest] == [("eve@evil.example",)]
        assert len(await index.people("support")) == 2
        assert await index.people("boss@x.example") == rest
        assert await index.people("nobody") == []


async def test_names_beyond_ascii_are_found_in_any_case(tmp_path: Path) -> None:
    async with MailIndex.open(tmp_path / "mail.db") as index:
        await index_of(index, tmp_path, mail(sender="=?utf-8?q?J=C3=BCrgen_=C3=96hm?= <j@x.example>"))
        assert [one.name for one in await index.people("\u00d6HM")] == ["J\u00fcrgen \u00d6hm"]
