"""Pagination of lists by `limit`, `after_id` and `before_id`, as the API does it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs

from agentkit.messages.message import JSONObject
from agentkit.simulator.rules.refusal import APPROXIMATE, Refusal

_DEFAULT_LIMIT = 20
_MAX_LIMIT = 1000


def paginate(items: Sequence[JSONObject], query: str, *, what: str) -> JSONObject | Refusal:
    """Return the page of a list that a query string selects, or the refusal of a wrong query.

    Args:
        items: The whole list; each item has an `id`.
        query: The query string of the request.
        what: The kind of the items, for the error text: "batch", "model".
    """
    parameters = {name: values[-1] for name, values in parse_qs(query).items()}
    try:
        limit = int(parameters.get("limit", _DEFAULT_LIMIT))
    except ValueError:
        return Refusal(400, "invalid_request_error", "limit: Input should be a valid integer")
    if not 1 <= limit <= _MAX_LIMIT:
        return Refusal(400, "invalid_request_error", f"limit: Input should be between 1 and {_MAX_LIMIT}")
    ids = [item["id"] for item in items]
    for name in ("after_id", "before_id"):
        if name in parameters and parameters[name] not in ids:
            text = APPROXIMATE["page"].format(field=name, what=what, id=parameters[name])
            return Refusal(400, "invalid_request_error", text)
    if "before_id" in parameters:
        end = ids.index(parameters["before_id"])
        shown, has_more = items[max(0, end - limit) : end], end > limit
    else:
        start = ids.index(parameters["after_id"]) + 1 if "after_id" in parameters else 0
        shown, has_more = items[start : start + limit], start + limit < len(items)
    return {
        "data": list(shown),
        "has_more": has_more,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
    }
