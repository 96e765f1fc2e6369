"""The data set: a shop's database, and tasks with the tool calls that are known to solve them.

Its tools are not ours: the table here translates each of its calls twice, into a call of our tools and into an
operation of the shop itself, so that the results can be compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentkit.messages.message import JSONObject
from agentkit.tools.toolset import AnyTool
from examples.retail import tools
from examples.retail.records import Address, ByEmail, ByName, Database, Swap
from examples.retail.shop import Shop


@dataclass(frozen=True)
class KnownCall:
    """One call of a task."""

    tool: AnyTool
    arguments: JSONObject
    """The arguments as a model would write them."""
    directly: Callable[[Shop], object]
    """The same operation without model, agent and tool."""


@dataclass(frozen=True)
class Task:
    """A customer's request, with the calls that solve it."""

    name: str
    prompt: str
    customer_id: str | None
    """The customer who is identified before the first call. None: the calls identify the customer."""
    calls: Sequence[KnownCall]


def read_database(path: Path) -> Database:
    """Read a shop's database."""
    return Database.model_validate_json(path.read_bytes())


def read_tasks(path: Path, database: Database) -> list[Task]:
    """Read the tasks of a file, for the customers of a database."""
    return [_task(one, database) for one in json.loads(path.read_bytes())]


def _task(given: JSONObject, database: Database) -> Task:
    actions = [(action["name"], action["arguments"]) for action in given["evaluation_criteria"]["actions"]]
    says_who = bool(actions) and actions[0][0].startswith("find_user_id")
    prompt = given["user_scenario"]["instructions"]["reason_for_call"]
    calls = [_TRANSLATED[name](arguments) for name, arguments in actions]
    return Task(str(given["id"]), prompt, None if says_who else _customer(actions, database), calls)


def _customer(actions: Sequence[tuple[str, JSONObject]], database: Database) -> str | None:
    """Return the customer whose profile or order is requested first."""
    for _, arguments in actions:
        if "user_id" in arguments:
            return str(arguments["user_id"])
        if order := database.orders.get(arguments.get("order_id", "")):
            return order.user_id
    return None


# -- their calls as ours ----------------------------------------------------------------------------------------------


def _by_email(given: JSONObject) -> KnownCall:
    return KnownCall(tools.find_customer, {"identity": given}, lambda shop: shop.identify(ByEmail(**given)))


def _by_name(given: JSONObject) -> KnownCall:
    return KnownCall(tools.find_customer, {"identity": given}, lambda shop: shop.identify(ByName(**given)))


def _get_customer(_: JSONObject) -> KnownCall:
    return KnownCall(tools.get_customer, {}, lambda shop: shop.customer())


def _move(given: JSONObject) -> KnownCall:
    address = {key: value for key, value in given.items() if key != "user_id"}
    return KnownCall(
        tools.change_customer_address,
        {"address": address},
        lambda shop: shop.change_customer_address(Address(**address)),
    )


def _get_order(given: JSONObject) -> KnownCall:
    return KnownCall(tools.get_order, given, lambda shop: shop.order(given["order_id"]))


def _get_product(given: JSONObject) -> KnownCall:
    return KnownCall(tools.get_product, given, lambda shop: shop.product(given["product_id"]))


def _get_item(given: JSONObject) -> KnownCall:
    return KnownCall(tools.get_item, given, lambda shop: shop.item(given["item_id"]))


def _add_up(given: JSONObject) -> KnownCall:
    text = given["expression"].replace(" ", "")
    amounts = re.findall(r"[+-]?[\d.]+", text)
    if "".join(amounts) != text:
        raise ValueError(f"more than a sum: {given['expression']}")
    return KnownCall(tools.add_up, {"amounts": [float(amount) for amount in amounts]}, lambda _: None)


def _cancel(given: JSONObject) -> KnownCall:
    return KnownCall(tools.cancel_order, given, lambda shop: shop.cancel(given["order_id"], given["reason"]))


def _redirect(given: JSONObject) -> KnownCall:
    order_id = given["order_id"]
    address = {key: value for key, value in given.items() if key != "order_id"}
    return KnownCall(
        tools.change_order_address,
        {"order_id": order_id, "address": address},
        lambda shop: shop.change_address(order_id, Address(**address)),
    )


def _pay_otherwise(given: JSONObject) -> KnownCall:
    order_id, method = given["order_id"], given["payment_method_id"]
    return KnownCall(tools.change_order_payment, given, lambda shop: shop.change_payment(order_id, method))


def _return(given: JSONObject) -> KnownCall:
    order_id, method = given["order_id"], given["payment_method_id"]
    return KnownCall(tools.return_items, given, lambda shop: shop.return_items(order_id, given["item_ids"], method))


def _exchange(given: JSONObject) -> KnownCall:
    order_id, method, swaps = given["order_id"], given["payment_method_id"], _swaps(given)
    return KnownCall(
        tools.exchange_items,
        {"order_id": order_id, "swaps": [swap.model_dump() for swap in swaps], "payment_method_id": method},
        lambda shop: shop.exchange_items(order_id, swaps, method),
    )


def _change_items(given: JSONObject) -> KnownCall:
    order_id, method, swaps = given["order_id"], given["payment_method_id"], _swaps(given)
    return KnownCall(
        tools.change_order_items,
        {"order_id": order_id, "swaps": [swap.model_dump() for swap in swaps], "payment_method_id": method},
        lambda shop: shop.change_items(order_id, swaps, method),
    )


def _hand_over(given: JSONObject) -> KnownCall:
    return KnownCall(tools.hand_over, given, lambda shop: shop.hand_over(given["summary"]))


def _swaps(given: JSONObject) -> list[Swap]:
    pairs = zip(given["item_ids"], given["new_item_ids"], strict=True)
    return [Swap(item_id=old, new_item_id=new) for old, new in pairs]


_TRANSLATED: dict[str, Callable[[JSONObject], KnownCall]] = {
    "find_user_id_by_email": _by_email,
    "find_user_id_by_name_zip": _by_name,
    "get_user_details": _get_customer,
    "modify_user_address": _move,
    "get_order_details": _get_order,
    "get_product_details": _get_product,
    "get_item_details": _get_item,
    "calculate": _add_up,
    "cancel_pending_order": _cancel,
    "modify_pending_order_items": _change_items,
    "modify_pending_order_address": _redirect,
    "modify_pending_order_payment": _pay_otherwise,
    "return_delivered_order_items": _return,
    "exchange_delivered_order_items": _exchange,
    "transfer_to_human_agents": _hand_over,
}
