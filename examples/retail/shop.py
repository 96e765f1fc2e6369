"""The shop and its rules. They hold for every caller: an operation happens as a whole, or raises ToolError."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

from agentkit import ToolError
from examples.retail.records import (
    Address,
    ByEmail,
    CancelReason,
    Customer,
    Database,
    Exchange,
    GiftCard,
    Identity,
    Item,
    Order,
    OrderedItem,
    Payment,
    PaymentMethod,
    Product,
    Return,
    Swap,
)


class Shop:
    """The service desk of one shop, for one customer: nobody else's data can be seen or changed."""

    def __init__(self, database: Database, customer_id: str | None = None) -> None:
        self.database = database
        self.customer_id = customer_id
        """The customer who is served. None: nobody is identified yet."""

    # -- looking up ---------------------------------------------------------------------------------------------------

    def identify(self, identity: Identity) -> Customer:
        """Return the customer of this description, who is served from now on."""
        for customer in self.database.users.values():
            if _is_customer(customer, identity):
                break
        else:
            raise ToolError(
                "No customer fits this description.", hint="Ask for the other one: e-mail, or name and zip."
            )
        if self.customer_id not in (None, customer.user_id):
            raise ToolError(
                "Another customer is being served.", hint="Each customer needs a conversation of their own."
            )
        self.customer_id = customer.user_id
        return customer

    def customer(self) -> Customer:
        """Return the customer who is served."""
        if self.customer_id is None:
            raise ToolError("It is not known who the customer is.", hint="Let them be identified first.")
        return self.database.users[self.customer_id]

    def order(self, order_id: str) -> Order:
        """Return an order of the customer's."""
        customer = self.customer()
        order = self.database.orders.get(order_id)
        if order is None or order.user_id != customer.user_id:  # the same words: nobody learns of others' orders
            raise ToolError(f"The customer has no order {order_id}.", hint=f"They have {_join_names(customer.orders)}.")
        return order

    def product(self, product_id: str) -> Product:
        """Return a product with its variants."""
        if product_id not in self.database.products:
            raise ToolError(f"There is no product {product_id}.", hint="list_products names them all.")
        return self.database.products[product_id]

    def item(self, item_id: str) -> Item:
        """Return one variant of some product."""
        for product in self.database.products.values():
            if item_id in product.variants:
                return product.variants[item_id]
        raise ToolError(f"There is no item {item_id}.", hint="Ids of products are no ids of items: see get_product.")

    # -- orders that are not sent yet ---------------------------------------------------------------------------------

    def cancel(self, order_id: str, reason: CancelReason) -> Order:
        """Cancel an order; whatever was paid goes back the way it came."""
        order = self._order_with_status("pending", order_id)
        for payment_method_id, amount in _amounts_paid(order).items():
            self._pay(order, payment_method_id, -amount)
        order.status = "cancelled"
        order.cancel_reason = reason
        return order

    def change_items(self, order_id: str, swaps: Sequence[Swap], payment_method_id: str) -> Order:
        """Change an order's items, once; the difference is settled at once."""
        order = self._order_with_status("pending", order_id)
        new_items = self._swapped(order, swaps)
        difference = _price_difference(order, new_items)
        self._check_covered(payment_method_id, difference)
        self._pay(order, payment_method_id, difference)
        order.items = new_items
        order.status = "pending (items changed)"
        return order

    def change_address(self, order_id: str, address: Address) -> Order:
        """Send an order elsewhere."""
        order = self._order_with_status("pending", order_id)
        order.address = address
        return order

    def change_payment(self, order_id: str, payment_method_id: str) -> Order:
        """Let another payment method pay for an order, once."""
        order = self._order_with_status("pending", order_id)
        if len(order.payment_history) != 1:
            raise ToolError("The payment of this order was changed before and cannot be changed again.")
        paid = order.payment_history[0]
        if paid.payment_method_id == payment_method_id:
            raise ToolError(f"The order is paid by {payment_method_id} already.", hint="Ask for another one.")
        self._check_covered(payment_method_id, paid.amount)
        self._pay(order, payment_method_id, paid.amount)
        self._pay(order, paid.payment_method_id, -paid.amount)
        return order

    # -- orders that have arrived -------------------------------------------------------------------------------------

    def return_items(self, order_id: str, item_ids: Sequence[str], payment_method_id: str) -> Order:
        """Take items back, once for an order; the refund follows when they have arrived."""
        order = self._order_with_status("delivered", order_id)
        _check_has_items(order, item_ids)
        method = self._method(payment_method_id)
        paid_by = order.payment_history[0].payment_method_id
        if not isinstance(method, GiftCard) and method.id != paid_by:
            raise ToolError(
                "A refund goes to the payment method of the order, or to a gift card.", hint=f"Suggest {paid_by}."
            )
        order.coming_back = Return(item_ids=sorted(item_ids), payment_method_id=method.id)
        order.status = "return requested"
        return order

    def exchange_items(self, order_id: str, swaps: Sequence[Swap], payment_method_id: str) -> Order:
        """Exchange items, once for an order; the difference is settled when they are sent."""
        order = self._order_with_status("delivered", order_id)
        difference = _price_difference(order, self._swapped(order, swaps))
        self._check_covered(payment_method_id, difference)
        order.coming_back = Exchange(
            swaps=sorted(swaps, key=lambda swap: swap.item_id),
            payment_method_id=payment_method_id,
            price_difference=difference,
        )
        order.status = "exchange requested"
        return order

    # -- the customer -------------------------------------------------------------------------------------------------

    def change_customer_address(self, address: Address) -> Customer:
        """Change the customer's own address; orders keep theirs."""
        customer = self.customer()
        customer.address = address
        return customer

    def hand_over(self, summary: str) -> None:
        """Hand the conversation over to a person."""
        self.database.for_people.append(summary)

    # -- rules --------------------------------------------------------------------------------------------------------

    def _order_with_status(self, status: str, order_id: str) -> Order:
        order = self.order(order_id)
        if order.status != status:
            raise ToolError(f"Order {order_id} is {order.status}; only an order that is {status} allows this.")
        return order

    def _method(self, payment_method_id: str) -> PaymentMethod:
        methods = self.customer().payment_methods
        if payment_method_id not in methods:
            raise ToolError(
                f"The customer has no payment method {payment_method_id}.", hint=f"They have {_join_names(methods)}."
            )
        return methods[payment_method_id]

    def _check_covered(self, payment_method_id: str, amount: Decimal) -> None:
        method = self._method(payment_method_id)
        if isinstance(method, GiftCard) and method.balance < amount:
            raise ToolError(
                f"{amount} USD are due, and the gift card {method.id} has {method.balance} left.",
                hint="Ask for another payment method.",
            )

    def _pay(self, order: Order, payment_method_id: str, amount: Decimal) -> None:
        """Take an amount, or give it back where it is negative."""
        method = self._method(payment_method_id)
        if isinstance(method, GiftCard):
            method.balance -= amount
        if amount:
            kind: Literal["payment", "refund"] = "payment" if amount > 0 else "refund"
            payment = Payment(transaction_type=kind, amount=abs(amount), payment_method_id=payment_method_id)
            order.payment_history.append(payment)

    def _swapped(self, order: Order, swaps: Sequence[Swap]) -> list[OrderedItem]:
        """Return the order's items after the swaps."""
        _check_has_items(order, [swap.item_id for swap in swaps])
        items = list(order.items)
        for swap in swaps:
            place = next(at for at, item in enumerate(items) if item.item_id == swap.item_id)
            product = self.product(items[place].product_id)
            new = product.variants.get(swap.new_item_id)
            if new is None or not new.available or swap.new_item_id == swap.item_id:
                there = [one.item_id for one in product.variants.values() if one.available]
                raise ToolError(
                    f"{swap.item_id} cannot become {swap.new_item_id}: it takes another variant of {product.name} "
                    "that is available.",
                    hint=f"Available: {_join_names(there)}.",
                )
            items[place] = OrderedItem(
                name=product.name,
                product_id=product.product_id,
                item_id=new.item_id,
                price=new.price,
                options=new.options,
            )
        return items


def _is_customer(customer: Customer, identity: Identity) -> bool:
    if isinstance(identity, ByEmail):
        return customer.email.lower() == identity.email.lower()
    named = (customer.name.first_name, customer.name.last_name, customer.address.zip)
    return [part.lower() for part in named] == [
        part.lower() for part in (identity.first_name, identity.last_name, identity.zip)
    ]


def _amounts_paid(order: Order) -> dict[str, Decimal]:
    """Return the amount that each payment method has paid for an order so far."""
    paid: dict[str, Decimal] = {}
    for payment in order.payment_history:
        amount = payment.amount if payment.transaction_type == "payment" else -payment.amount
        paid[payment.payment_method_id] = paid.get(payment.payment_method_id, Decimal(0)) + amount
    return paid


def _price_difference(order: Order, new_items: Sequence[OrderedItem]) -> Decimal:
    """Return the price of the new items minus that of the old ones."""
    return sum((item.price for item in new_items), Decimal(0)) - sum((item.price for item in order.items), Decimal(0))


def _check_has_items(order: Order, item_ids: Sequence[str]) -> None:
    there = Counter(item.item_id for item in order.items)
    missing = Counter(item_ids) - there
    if missing or not item_ids:
        raise ToolError(
            f"Order {order.order_id} does not have {_join_names(missing)}.", hint=f"It has {_join_names(there)}."
        )


def _join_names(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
