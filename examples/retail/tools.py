"""The tools of the shop's agents, each with its true effect, by which a repeated call is harmless or not.

They are async although none of them waits: so they run on the event loop, one at a time, and agents that run
concurrently cannot interrupt an operation.
"""

from __future__ import annotations

from decimal import Decimal

from agentkit import RunContext, Toolset, tool
from examples.retail.records import (
    Address,
    CancelReason,
    Customer,
    Identity,
    Item,
    ListedProduct,
    Money,
    Order,
    Product,
    Swap,
)
from examples.retail.shop import Shop

AN_ADDRESS = {
    "address1": "9 Ferry Street",
    "address2": "",
    "city": "Astoria",
    "state": "OR",
    "country": "USA",
    "zip": "97103",
}
SWAPS = {
    "order_id": "#W1000001",
    "swaps": [{"item_id": "501654", "new_item_id": "501543"}],
    "payment_method_id": "paypal_5899",
}
"""Examples that are sent to the model for structured arguments: one says more than a sentence."""

# -- the catalogue ----------------------------------------------------------------------------------------------------


@tool(effect="read", retries=2)
async def list_products(ctx: RunContext[Shop]) -> list[ListedProduct]:
    """List the names of all products with their product ids. Their variants and prices: get_product."""
    products = ctx.deps.database.products.values()
    return [ListedProduct(product_id=product.product_id, name=product.name) for product in products]


@tool(effect="read", retries=2)
async def get_product(ctx: RunContext[Shop], product_id: str) -> Product:
    """Look up a product: all its variants with their item ids, options, prices, and whether they are available.

    Args:
        product_id: From list_products, or from an order; ids of items do not count.
    """
    return ctx.deps.product(product_id)


@tool(effect="read", retries=2)
async def get_item(ctx: RunContext[Shop], item_id: str) -> Item:
    """Look up one variant of a product: its options, its price, and whether it is available.

    Args:
        item_id: From an order or from get_product; ids of products do not count.
    """
    return ctx.deps.item(item_id)


@tool(effect="read", retries=2)
async def add_up(amounts: list[Money]) -> Money:
    """Add up amounts in US dollars, to the cent. Use it for every sum that you give to the customer.

    Args:
        amounts: What goes off is negative: a new price, and the old one with a minus.
    """
    return sum(amounts, Decimal(0))


catalogue = Toolset("catalogue", [list_products, get_product, get_item, add_up])

# -- who the customer is ----------------------------------------------------------------------------------------------


@tool(
    effect="idempotent",
    retries=2,
    examples=[
        {"identity": {"email": "ada@example.com"}},
        {"identity": {"first_name": "Ada", "last_name": "Okoye", "zip": "87592"}},
    ],
)
async def find_customer(ctx: RunContext[Shop], identity: Identity) -> Customer:
    """Identify the customer, who is served from then on; nobody else can be. Do this before anything else.

    Args:
        identity: The e-mail address, or first name, last name and zip code, as the customer gave them.
    """
    return ctx.deps.identify(identity)


@tool(effect="read", retries=2)
async def get_customer(ctx: RunContext[Shop]) -> Customer:
    """Look up the customer who is served: name, address, payment methods, ids of orders."""
    return ctx.deps.customer()


@tool(effect="idempotent", retries=2, examples=[{"address": AN_ADDRESS}])
async def change_customer_address(ctx: RunContext[Shop], address: Address) -> Customer:
    """Change the address in the customer's profile. Orders that are placed already keep theirs.

    Args:
        address: The whole new address.
    """
    return ctx.deps.change_customer_address(address)


# -- orders -----------------------------------------------------------------------------------------------------------


@tool(effect="read", retries=2)
async def get_order(ctx: RunContext[Shop], order_id: str) -> Order:
    """Look up an order: its items, where it goes, its status, and who paid what. Do so before you change it.

    Args:
        order_id: With its hash, as in `#W1000001`.
    """
    return ctx.deps.order(order_id)


@tool(effect="write")
async def cancel_order(ctx: RunContext[Shop], order_id: str, reason: CancelReason) -> Order:
    """Cancel a pending order as a whole. What was paid goes back the way it came.

    Args:
        order_id: A pending order.
        reason: As the customer gave it; there are no others.
    """
    return ctx.deps.cancel(order_id, reason)


@tool(effect="write", examples=[SWAPS])
async def change_order_items(ctx: RunContext[Shop], order_id: str, swaps: list[Swap], payment_method_id: str) -> Order:
    """Change items of a pending order for other variants. It can be done once, and then nothing else with the order.

    Args:
        order_id: A pending order.
        swaps: All items to change; each to an available variant of the same product.
        payment_method_id: Pays, or gets, the difference at once.
    """
    return ctx.deps.change_items(order_id, swaps, payment_method_id)


@tool(effect="idempotent", retries=2, examples=[{"order_id": "#W1000001", "address": AN_ADDRESS}])
async def change_order_address(ctx: RunContext[Shop], order_id: str, address: Address) -> Order:
    """Send a pending order to another address. The customer's profile keeps its own.

    Args:
        order_id: A pending order.
        address: The whole new address.
    """
    return ctx.deps.change_address(order_id, address)


@tool(effect="write")
async def change_order_payment(ctx: RunContext[Shop], order_id: str, payment_method_id: str) -> Order:
    """Let another of the customer's payment methods pay for a pending order. It can be done once.

    Args:
        order_id: A pending order.
        payment_method_id: From the customer's profile; a gift card has to cover the whole order.
    """
    return ctx.deps.change_payment(order_id, payment_method_id)


@tool(effect="write")
async def return_items(ctx: RunContext[Shop], order_id: str, item_ids: list[str], payment_method_id: str) -> Order:
    """Take back items of a delivered order. It can be done once, and not beside an exchange.

    Args:
        order_id: A delivered order.
        item_ids: All items to return; one that was ordered twice may stand here twice.
        payment_method_id: Gets the refund: the one that paid, or a gift card.
    """
    return ctx.deps.return_items(order_id, item_ids, payment_method_id)


@tool(effect="write", examples=[SWAPS])
async def exchange_items(ctx: RunContext[Shop], order_id: str, swaps: list[Swap], payment_method_id: str) -> Order:
    """Exchange items of a delivered order for other variants. It can be done once, and not beside a return.

    Args:
        order_id: A delivered order.
        swaps: All items to exchange; each for an available variant of the same product.
        payment_method_id: Pays, or gets, the difference when the new items are sent.
    """
    return ctx.deps.exchange_items(order_id, swaps, payment_method_id)


# -- people -----------------------------------------------------------------------------------------------------------


@tool(effect="write")
async def hand_over(ctx: RunContext[Shop], summary: str) -> str:
    """Hand the customer over to a person. Only where nothing that you or your team may do would help.

    Args:
        summary: The customer's request, the steps that were taken, and why they were not enough.
    """
    ctx.deps.hand_over(summary)
    return "A person takes over. Tell the customer to wait a moment."
