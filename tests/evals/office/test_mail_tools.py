"""Mail is found, sent to addresses that exist, moved and labelled; failures in store come first."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentkit import RunContext, ToolError
from agentkit.evals.office.mail_tools import (
    FoundMail,
    LabelChange,
    MailQuery,
    OutgoingMail,
    find_people,
    label_mails,
    move_mails,
    read_mail,
    search_mail,
    send_mail,
)  # fmt: skip
from agentkit.evals.office.story import story
from agentkit.evals.office.world import Failure, Office


@pytest.fixture
def ctx() -> RunContext[Office]:
    return RunContext(deps=story())


async def found(ctx: RunContext[Office], **query: Any) -> list[str]:
    mails: list[FoundMail] = await search_mail(ctx, MailQuery(**query))
    return [mail.id for mail in mails]


@pytest.mark.anyio
async def test_mail_is_found_by_words_sender_folder_and_label_the_newest_first(ctx: RunContext[Office]) -> None:
    assert await found(ctx, text="SPRING fair") == ["m009", "m008", "m003"]
    assert await found(ctx, sender="officeweekly") == ["m013", "m006"]
    assert await found(ctx, folder="archive") == []
    await move_mails(ctx, ["m006", "m013"], "archive")
    await label_mails(ctx, ["m006"], LabelChange(add=["read", "chairs"]))
    await label_mails(ctx, ["m006"], LabelChange(remove=["read", "none"]))
    assert await found(ctx, folder="archive", label="chairs") == ["m006"]
    assert (await read_mail(ctx, "m006")).labels == ["chairs"]
    with pytest.raises(ToolError, match="no mail 'm099'"):
        await move_mails(ctx, ["m001", "m099"], "trash")
    assert ctx.deps.mails["m001"].folder == "inbox"


@pytest.mark.anyio
async def test_a_mail_is_sent_whole_or_not_at_all(ctx: RunContext[Office]) -> None:
    given: dict[str, Any] = {"to": ["elsa@quintlabs.example"], "subject": "Hello", "text": "Yes."}
    for wrong, text in (
        ({"cc": ["lena@oldharbour.example"]}, "no mailbox lena@oldharbour.example; nothing was sent"),
        ({"attachments": ["none.txt"]}, "no file 'none.txt'"),
        ({"reply_to": "m099"}, "no mail 'm099'"),
    ):
        with pytest.raises(ToolError, match=text):
            await send_mail(ctx, OutgoingMail(**given, **wrong))
    assert len(ctx.deps.mails) == 16
    await send_mail(ctx, OutgoingMail(**given, reply_to="m001", attachments=["finance/budget.sheet"]))
    sent = ctx.deps.mails["m017"]
    assert (sent.folder, sent.sender, sent.text, sent.reply_to) == ("sent", "nora.feld@halden.example", "Yes.", "m001")


@pytest.mark.anyio
async def test_people_are_found_by_name_and_team(ctx: RunContext[Office]) -> None:
    assert [one.team for one in await find_people(ctx, "bea")] == ["Finance", "Design"]
    assert [one.name for one in await find_people(ctx, "bea", "design")] == ["Bea Lindholm"]
    assert len(json.loads(str(await find_people.call({}, ctx)))) == 14


@pytest.mark.anyio
async def test_a_failure_in_store_happens_once_to_its_tool_and_path() -> None:
    office = story()
    office.failures = [Failure(tool="move_mails", text="Try again.")]
    office.check_available("label_mails")
    with pytest.raises(ToolError, match="Try again"):
        await move_mails(RunContext(deps=office), ["m001"], "trash")
    await move_mails(RunContext(deps=office), ["m002"], "trash")
    assert [office.mails[number].folder for number in ("m001", "m002")] == ["inbox", "trash"]
