"""Checks: what each form of one says, and that only a clear yes is one."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import pytest
from pydantic import BaseModel, TypeAdapter, field_validator

from agentkit.patterns import Grade, cascade
from agentkit.patterns.escalation.checks import Check, prepare_checks, verdict_of
from agentkit.testing import Reply, script
from tests.patterns.escalation.workers import LEVELS, OPUS

pytestmark = pytest.mark.anyio


class Invoice(BaseModel):
    total: int

    @field_validator("total")
    @classmethod
    def positive(cls, total: int) -> int:
        if total < 0:
            raise ValueError("a total is never negative")
        return total


@dataclass
class Counted:
    most: int

    async def __call__(self, answer: str) -> bool:
        return len(answer) <= self.most


def has_most(most: int, answer: str, given: str) -> str | None:
    return None if len(answer) <= most else f"{len(given)}: too long"


def validates(answer: str) -> None:
    Invoice.model_validate_json(answer)


@pytest.mark.parametrize("check", [Invoice, TypeAdapter(Invoice), validates, [Counted(99), Invoice]])
async def test_a_type_of_pydantic_is_a_check_and_its_reason_goes_up(check: Check) -> None:
    with script(Reply.text('{"total":-5}'), Reply.text('{"total":5}')) as api:
        result = await cascade("Read.", levels=LEVELS, check=check)
    assert (result.level, result.answer, result.gaps) == (OPUS, '{"total":5}', ())
    assert "a total is never negative" in result.attempts[0].reason
    assert "a total is never negative" in str(api.requests[1]["messages"])


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (Counted(4), "The check 'Counted' says that it is not right."),
        (functools.partial(has_most, 4), "4: too long"),
        (lambda answer: "", "The check '<lambda>' says that it is not right, without a reason."),
        (lambda answer: answer == "four", "The check '<lambda>' says that it is not right."),
    ],
)
async def test_every_form_of_a_function_is_called_as_it_takes_it(check: Check, reason: str) -> None:
    with script(Reply.text("too long"), Reply.text("four")):
        result = await cascade("Four", levels=LEVELS, check=check)
    assert result.attempts[0].reason == reason


def test_only_a_clear_yes_is_one() -> None:
    assert verdict_of("c", None).accepted
    assert verdict_of("c", True).accepted
    assert verdict_of("c", Grade(reason="fine", correct=True)).accepted
    for said in (False, "", "no", Grade(reason="", correct=False), 0, 1, 0.9, {}, [], object()):
        assert not verdict_of("c", said).accepted, said
    assert verdict_of("c", Grade(reason=" ", correct=False)).problem


def test_another_check_has_another_id() -> None:
    checks: list[Check | None] = [Invoice, validates, Counted(4), [validates, Invoice], None]
    ids = [prepare_checks(check).id for check in checks]
    assert len({*ids}) == len(ids)
    assert prepare_checks(validates).id == prepare_checks([validates]).id
