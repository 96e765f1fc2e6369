"""A Decimal has the digits that the model wrote, however long the number is and wherever it comes from."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, condecimal

from agentkit import Agent, Tool, tool
from agentkit.loop.model_calls.exchange import ModelReply
from agentkit.messages.message import AssistantTurn
from agentkit.messages.strict_json import parse_strict
from agentkit.schema import compile_type
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

MODEL = "claude-haiku-5-5"
LONG = "12345678901234567.89"
OTHERS = [LONG, "0.123456789012345678", "1000000000000000.001", "-1e-400", "0.1"]


class Payment(BaseModel):
    amount: Decimal
    rate: float = 0.0


class Bill(BaseModel):
    total: Annotated[Decimal, Field(gt=0)]
    parts: dict[str, list[Decimal | None]] = {}
    more: dict[str, Any] = {}
    """Has no strict form, so that the answer comes by a tool."""


@pytest.mark.parametrize("digits", OTHERS)
@pytest.mark.parametrize(
    ("annotation", "form"),
    [
        (Decimal, "{}"),
        (Decimal | None, "{}"),
        (list[Decimal], "[1.5, {}]"),
        (dict[str, Decimal], '{{"a": {}}}'),
        (Payment, '{{"amount": {}, "rate": 0.123456789012345678}}'),
        (Annotated[Decimal, AfterValidator(lambda value: value)], "{}"),
        (Annotated[Payment, BeforeValidator(lambda value: value)], '{{"amount": {}}}'),
        (str | Decimal, "{}"),
    ],
)
def test_all_digits_arrive(annotation: object, form: str, digits: str) -> None:
    value = compile_type(annotation).validate(parse_strict(form.format(digits)))
    assert digits in ("0.1", "-1e-400") or digits in str(value)
    if annotation is Decimal:
        assert value == Decimal(digits)


def test_other_numbers_are_read_as_before() -> None:
    payment = compile_type(Payment).validate(parse_strict(f'{{"amount": {LONG}, "rate": 0.123456789012345678}}'))
    assert payment == Payment(amount=Decimal(LONG), rate=0.123456789012345678)
    assert type(payment.rate) is float
    assert compile_type(list[Decimal]).validate(parse_strict(f'[{LONG}, 7, "1.10"]')) == [
        Decimal(LONG),
        Decimal(7),
        Decimal("1.10"),
    ]
    assert compile_type(int).validate(parse_strict("1e23")) == 10**23
    assert compile_type(int).validate(parse_strict("12345678901234567890.0")) == 12345678901234567890
    with pytest.raises(ValidationError):
        compile_type(int).validate(parse_strict("9007199254740993.5"))


def test_what_a_decimal_does_not_take_is_refused_as_ever() -> None:
    for annotation, text in (
        (condecimal(max_digits=5), LONG),
        (Annotated[Decimal, Field(lt=5)], LONG),
        (list[Decimal], f'[{LONG}, "many"]'),
        (list[Decimal], f"[{LONG}, true]"),
    ):
        with pytest.raises(ValidationError):
            compile_type(annotation).validate(parse_strict(text))


def test_two_numbers_that_are_one_float_are_asked_for_as_text() -> None:
    two = parse_strict("[0.123456789012345678, 0.123456789012345679]")
    with pytest.raises(ValidationError, match="write it as a string"):
        compile_type(list[Decimal]).validate(two)


async def test_the_digits_arrive_by_every_entry() -> None:
    came: list[Any] = []

    @tool
    def transfer(amount: Decimal, parts: list[Payment] | None = None) -> str:
        came.extend([amount, parts and parts[0].amount])
        return "done"

    def by_schema(given: dict[str, Any]) -> str:
        came.append(Decimal(str(given["amount"])))
        return "done"

    raw = Tool.from_schema("raw", "Raw.", {"type": "object"}, by_schema)
    child = Agent("child", model=MODEL, input=Payment)
    parent = Agent("parent", model=MODEL, tools=[transfer, raw, child.as_tool()])
    with script(
        Reply.tool_text("transfer", f'{{"amount": {LONG}, "parts": "[{{\\"amount\\": {LONG}}}]"}}'),
        Reply.tool_text("raw", f'{{"amount": {LONG}}}'),
        Reply.tool_text("child", f'{{"amount": {LONG}}}'),
        Reply.text("child is done"),
        Reply.text("done"),
    ) as s:
        result = await parent.run("Go")
    assert result.ok
    assert came == [Decimal(LONG)] * 3
    assert LONG in str(s.requests[3]["messages"][0]["content"])


async def test_the_digits_of_an_answer_arrive_in_both_forms() -> None:
    with script(Reply.text(f'{{"amount": {LONG}}}')):
        assert (await Agent("a", model=MODEL, output=Payment).run("Go")).output.amount == Decimal(LONG)
    text = f'{{"total": {LONG}, "parts": {{"a": [{LONG}, null]}}}}'
    with script(Reply.tool_text("give_answer", text)):
        bill = (await Agent("a", model=MODEL, output=Bill).run("Go")).output
    assert bill == Bill(total=Decimal(LONG), parts={"a": [Decimal(LONG), None]})


def test_a_recorded_reply_keeps_the_digits() -> None:
    text = f'{{"amount": {LONG}}}'
    block = {"type": "tool_use", "id": "toolu_1", "name": "pay", "input": {"amount": float(LONG)}}
    turn = AssistantTurn([block], "tool_use", {"input_tokens": 1, "output_tokens": 1}, input_texts={0: text})
    restored = ModelReply.from_json(ModelReply(turn, 100, ()).to_json())
    [call] = restored.turn.tool_calls()
    assert str(call.input["amount"]) == LONG
    assert block["input"] == {"amount": float(LONG)}
