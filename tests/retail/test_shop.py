"""The rules of the example's shop: what they allow, what they refuse, and that a refusal changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from agentkit import ToolError
from examples.retail.records import Address, ByEmail, ByName, Database, Exchange, GiftCard, Return, Swap
from examples.retail.shop import Shop

SHIPPED = Path(__file__).parent.parent.parent / "examples" / "retail" / "shop.json"
ASTORIA = Address(address1="9 Ferry Street", address2="", city="Astoria", state="OR", country="USA", zip="97103")


def shop_for(customer_id: str | None) -> Shop:
    return Shop(Database.model_validate_json(SHIPPED.read_bytes()), customer_id)


def balance(shop: Shop) -> Decimal:
    [card] = [method for method in shop.customer().payment_methods.values() if isinstance(method, GiftCard)]
    return card.balance


def payments(shop: Shop, order_id: str) -> list[tuple[str, str]]:
    return [(payment.transaction_type, f"{payment.amount}") for payment in shop.order(order_id).payment_history]


class TestIdentity:
    @pytest.mark.parametrize(
        "identity", [ByEmail(email="Ada.Okoye@example.com"), ByName(first_name="ada", last_name="OKOYE", zip="87592")]
    )
    def test_a_customer_is_known_by_email_or_by_name_and_zip(self, identity: ByEmail | ByName) -> None:
        shop = shop_for(None)
        assert shop.identify(identity).user_id == "ada_okoye"
        assert shop.customer().user_id == "ada_okoye"

    def test_without_a_customer_there_is_nothing_to_see(self) -> None:
        with pytest.raises(ToolError, match="not known who the customer is"):
            shop_for(None).order("#W1000001")

    def test_orders_of_others_look_as_if_they_did_not_exist(self) -> None:
        shop = shop_for("ada_okoye")
        with pytest.raises(ToolError) as others:
            shop.order("#W1000101")
        with pytest.raises(ToolError) as nobodys:
            shop.order("#W9999999")
        assert str(others.value).replace("#W1000101", "#W9999999") == str(nobodys.value)

    def test_one_shop_serves_one_customer(self) -> None:
        shop = shop_for("ada_okoye")
        with pytest.raises(ToolError, match="Another customer"):
            shop.identify(ByEmail(email="greta.quist@example.com"))
        assert shop.customer_id == "ada_okoye"


class TestPendingOrders:
    def test_a_cancelled_order_gives_back_what_was_paid(self) -> None:
        shop = shop_for("greta_quist")
        order = shop.cancel("#W1000184", "ordered by mistake")
        assert (order.status, order.cancel_reason, balance(shop)) == (
            "cancelled",
            "ordered by mistake",
            Decimal("323.96"),
        )
        assert payments(shop, "#W1000184") == [("payment", "23.96"), ("refund", "23.96")]

    def test_after_a_change_of_payment_only_the_new_one_gets_the_refund(self) -> None:
        shop = shop_for("ines_tavares")
        shop.change_payment("#W1000250", "credit_card_7105")
        order = shop.cancel("#W1000250", "no longer needed")
        assert [payment.payment_method_id for payment in order.payment_history] == [
            "paypal_2189",
            "credit_card_7105",
            "paypal_2189",
            "credit_card_7105",
        ]
        assert payments(shop, "#W1000250") == [
            ("payment", "31.56"),
            ("payment", "31.56"),
            ("refund", "31.56"),
            ("refund", "31.56"),
        ]

    def test_changed_items_settle_the_difference_at_once(self) -> None:
        shop = shop_for("greta_quist")
        order = shop.change_items("#W1000184", [Swap(item_id="501395", new_item_id="501284")], "gift_card_9056")
        assert [item.item_id for item in order.items] == ["501284", "502172"]
        assert balance(shop) == Decimal("301.15")
        assert payments(shop, "#W1000184") == [("payment", "23.96"), ("refund", "1.15")]

    def test_an_item_that_was_ordered_twice_can_be_changed_twice(self) -> None:
        swap = Swap(item_id="500137", new_item_id="500211")
        order = shop_for("carla_rinaldi").change_items("#W1000101", [swap, swap], "paypal_3902")
        assert [item.item_id for item in order.items].count("500211") == 2

    def test_an_order_has_an_address_of_its_own(self) -> None:
        shop = shop_for("ada_okoye")
        shop.change_customer_address(ASTORIA)
        assert shop.order("#W1000001").address != ASTORIA
        assert shop.change_address("#W1000001", ASTORIA).address == ASTORIA


class TestDeliveredOrders:
    def test_returned_items_wait_for_the_parcel(self) -> None:
        shop = shop_for("ada_okoye")
        order = shop.return_items("#W1000021", ["500877"], "gift_card_2230")
        assert order.status == "return requested"
        assert order.coming_back == Return(item_ids=["500877"], payment_method_id="gift_card_2230")
        assert balance(shop) == 20

    def test_an_exchange_says_what_it_will_cost(self) -> None:
        swap = Swap(item_id="500803", new_item_id="500840")
        order = shop_for("kaija_haddad").exchange_items("#W1000304", [swap], "credit_card_4758")
        assert isinstance(order.coming_back, Exchange)
        assert order.coming_back.price_difference == Decimal("-8.06")


@pytest.mark.parametrize(
    ("customer", "attempt", "words"),
    [
        ("ada_okoye", lambda s: s.cancel("#W1000021", "no longer needed"), "is delivered; only .* pending"),
        (
            "ada_okoye",
            lambda s: s.return_items("#W1000001", ["501654"], "paypal_5899"),
            "is pending; only .* delivered",
        ),
        ("ada_okoye", lambda s: s.return_items("#W1000021", ["500877"], "credit_card_8736"), "or to a gift card"),
        ("ada_okoye", lambda s: s.return_items("#W1000021", ["500877"] * 2, "paypal_5899"), "does not have 500877"),
        ("ada_okoye", lambda s: s.return_items("#W1000021", [], "paypal_5899"), "does not have nothing"),
        ("ada_okoye", lambda s: s.return_items("#W1000021", ["500877"], "paypal_1"), "no payment method paypal_1"),
        ("ada_okoye", lambda s: s.change_payment("#W1000001", "credit_card_8736"), "paid by credit_card_8736 already"),
        ("ada_okoye", lambda s: s.change_payment("#W1000001", "gift_card_2230"), "135.03 USD are due, .* 20 left"),
        ("ada_okoye", lambda s: _swap(s, "501654", "500137"), "another variant of Fountain Pen"),
        ("ada_okoye", lambda s: _swap(s, "500951", "501025"), "that is available"),
        ("ada_okoye", lambda s: _swap(s, "501654", "501654"), "another variant"),
        ("ada_okoye", lambda s: s.product("501654"), "no product 501654"),
        ("ada_okoye", lambda s: s.item("P2001"), "no item P2001"),
        (None, lambda s: s.identify(ByEmail(email="nobody@example.com")), "No customer"),
    ],
)
def test_what_the_rules_refuse_changes_nothing(
    customer: str | None, attempt: Callable[[Shop], object], words: str
) -> None:
    shop = shop_for(customer)
    with pytest.raises(ToolError, match=words):
        attempt(shop)
    assert shop.database == shop_for(None).database
    assert shop.customer_id == customer


def _swap(shop: Shop, old: str, new: str) -> object:
    return shop.change_items("#W1000001", [Swap(item_id=old, new_item_id=new)], "paypal_5899")


@pytest.mark.parametrize(
    ("customer", "attempt"),
    [
        ("greta_quist", lambda s: s.cancel("#W1000184", "no longer needed")),
        ("ines_tavares", lambda s: s.change_payment("#W1000250", "credit_card_7105")),
        ("ada_okoye", lambda s: _swap(s, "501654", "501543")),
        ("ada_okoye", lambda s: s.return_items("#W1000021", ["500877"], "paypal_5899")),
    ],
)
def test_what_can_be_done_once_is_refused_the_second_time(customer: str, attempt: Callable[[Shop], object]) -> None:
    shop = shop_for(customer)
    attempt(shop)
    after = shop.database.model_copy(deep=True)
    with pytest.raises(ToolError):
        attempt(shop)
    assert shop.database == after


def test_the_shipped_shop_is_sound() -> None:
    """Every order belongs to its customer, holds real items, and was paid by a method of theirs to the cent."""
    database = shop_for(None).database
    owned = {order_id: user.user_id for user in database.users.values() for order_id in user.orders}
    assert owned == {order.order_id: order.user_id for order in database.orders.values()}
    for order in database.orders.values():
        assert order.payment_history[0].amount == sum(item.price for item in order.items)
        for item in order.items:
            assert database.products[item.product_id].variants[item.item_id].price == item.price
        for payment in order.payment_history:
            assert payment.payment_method_id in database.users[order.user_id].payment_methods
