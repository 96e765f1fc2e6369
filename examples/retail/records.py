"""Data types of the shop: products, customers and orders, in the shape that they have in its JSON file."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field, PlainSerializer

Money: TypeAlias = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""US dollars: exact here, a plain number in JSON."""


class Address(BaseModel):
    """A postal address."""

    address1: str
    """Street and number."""
    address2: str
    """Flat or suite; may be empty."""
    city: str
    state: str
    country: str
    zip: str


class CreditCard(BaseModel):
    """A credit card; refunds take 5 to 7 business days."""

    source: Literal["credit_card"]
    id: str
    brand: str
    last_four: str


class PayPal(BaseModel):
    """A PayPal account; refunds take 5 to 7 business days."""

    source: Literal["paypal"]
    id: str


class GiftCard(BaseModel):
    """A gift card; it is charged and refunded at once."""

    source: Literal["gift_card"]
    id: str
    balance: Money


PaymentMethod: TypeAlias = Annotated[CreditCard | PayPal | GiftCard, Field(discriminator="source")]


class Name(BaseModel):
    """A person's name."""

    first_name: str
    last_name: str


class Customer(BaseModel):
    """A customer, with the ids of all their orders."""

    user_id: str
    name: Name
    address: Address
    email: str
    payment_methods: dict[str, PaymentMethod]
    orders: list[str]


class Item(BaseModel):
    """One variant of a product; variants are what is sold."""

    item_id: str
    options: dict[str, str]
    available: bool
    price: Money


class Product(BaseModel):
    """A product and its variants by item id."""

    product_id: str
    name: str
    variants: dict[str, Item]


class ListedProduct(BaseModel):
    """A product, without its variants."""

    product_id: str
    name: str


class OrderedItem(BaseModel):
    """An item as it was ordered."""

    name: str
    product_id: str
    item_id: str
    price: Money
    options: dict[str, str]


class Swap(BaseModel):
    """One item of an order in place of another."""

    item_id: str
    """The item that the order has."""
    new_item_id: str
    """The item to take its place: another variant of the same product."""


class Parcel(BaseModel):
    """A parcel that was sent, and the items in it."""

    tracking_id: list[str]
    item_ids: list[str]


class Payment(BaseModel):
    """Money that went one way or the other."""

    transaction_type: Literal["payment", "refund"]
    amount: Money
    payment_method_id: str


class Return(BaseModel):
    """Items that come back."""

    item_ids: list[str]
    payment_method_id: str
    """The payment method that gets the refund."""


class Exchange(BaseModel):
    """Items that are exchanged for others."""

    swaps: list[Swap]
    payment_method_id: str
    """The payment method that pays, or gets, the difference."""
    price_difference: Money
    """Positive: the customer pays it when the new items are sent."""


CancelReason: TypeAlias = Literal["no longer needed", "ordered by mistake"]
Status: TypeAlias = Literal[
    "pending",
    "pending (items changed)",
    "processed",
    "delivered",
    "cancelled",
    "return requested",
    "exchange requested",
]


class Order(BaseModel):
    """An order."""

    order_id: str
    user_id: str
    address: Address
    items: list[OrderedItem]
    status: Status
    fulfillments: list[Parcel]
    payment_history: list[Payment]
    cancel_reason: CancelReason | None = None
    coming_back: Return | Exchange | None = None


class Database(BaseModel):
    """All data of the shop."""

    products: dict[str, Product]
    users: dict[str, Customer]
    orders: dict[str, Order]
    for_people: list[str] = []
    """Summaries of the conversations that were handed over to a person."""


class ByEmail(BaseModel):
    """A customer who names their e-mail address."""

    email: str


class ByName(BaseModel):
    """A customer who names themselves and where they live."""

    first_name: str
    last_name: str
    zip: str


Identity: TypeAlias = ByEmail | ByName
"""The two ways to identify a customer."""
