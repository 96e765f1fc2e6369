"""The world of a try, or a part of it, is compared with the expected state, and differences are named."""

from dataclasses import dataclass, field

from agentkit.evals.graders import world_is
from tests.evals.trials import trial


@dataclass
class Shop:
    stock: dict[str, int] = field(default_factory=lambda: {"tea": 2})
    orders: list[str] = field(default_factory=list[str])


def test_equal_states_pass() -> None:
    assert world_is(Shop())(trial(world=Shop())).passed
    assert world_is({"tea": 2}, lambda shop: shop.stock)(trial(world=Shop(orders=["tea"]))).passed


def test_each_difference_is_named_with_its_place() -> None:
    grade = world_is(Shop(stock={"tea": 1, "milk": 3}))(trial(world=Shop(stock={"tea": 2, "rye": 1}, orders=["x"])))
    assert not grade.passed
    assert grade.reason == (
        "stock.tea: expected 1, found 2; stock.milk: expected 3, it is missing; "
        'stock.rye: found 1, nothing was expected; orders: expected [], found ["x"]'
    )


def test_true_is_not_one() -> None:
    assert not world_is({"paid": True})(trial(world={"paid": 1})).passed


def test_what_an_agent_claims_does_not_count() -> None:
    assert not world_is(Shop(orders=["tea"]))(trial("I have ordered the tea.", world=Shop())).passed
