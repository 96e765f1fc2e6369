"""Validation of a message request: all checks in the API's order, with its error texts.

Texts known from real traffic stand beside their checks; those whose exact wording is not known are in
`refusal.APPROXIMATE`. Consecutive messages of one role are valid: the API merges them before it pairs calls with
results.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import cast

from agentkit.messages.message import JSONObject
from agentkit.simulator.model_behavior.models import find_model_facts
from agentkit.simulator.rules import containers, conversation, limits, tooling
from agentkit.simulator.rules.betas import KNOWN_BETAS, fields_without_beta, unknown_betas_text
from agentkit.simulator.rules.block_types import check_block_types
from agentkit.simulator.rules.body_fields import find_extra_field
from agentkit.simulator.rules.compaction import check_compaction
from agentkit.simulator.rules.media import check_media
from agentkit.simulator.rules.refusal import APPROXIMATE, NEWEST_VERSION, Check, CheckedRequest, Edition, Refusal
from agentkit.simulator.rules.shape import find_shape_error
from agentkit.simulator.rules.signatures import check_signatures

SAMPLING_PARAMETERS = ("temperature", "top_p", "top_k")
_VERSIONS = ("2023-01-01", "2023-06-01", NEWEST_VERSION)
_BEARER = re.compile(r"bearer +\S", re.IGNORECASE)

_CHECKS: tuple[Check, ...] = (
    *limits.CHECKS,
    *containers.SHAPE_CHECKS,
    *tooling.CHECKS,
    limits.CACHING_CHECK,
    check_compaction,
    check_block_types,
    *conversation.CHECKS,
    containers.WAITING_CODE_CHECK,
    check_media,
    limits.THINKING_CHECK,
    conversation.ENDING_CHECK,
    check_signatures,
    limits.WINDOW_CHECK,
)


def refuse_headers(headers: Mapping[str, str], betas: Collection[str] = ()) -> Refusal | None:
    """Return the refusal of a request for its headers, given with names in lower case. None: the headers are valid.

    Any API key is accepted, but one is required.

    Args:
        headers: The headers of the request.
        betas: Names that the `anthropic-beta` header takes beside `KNOWN_BETAS`.
    """
    if not headers.get("x-api-key") and not headers.get("authorization"):
        return Refusal(401, "authentication_error", APPROXIMATE["no credentials"])
    if not headers.get("x-api-key") and not _BEARER.match(headers["authorization"]):
        return Refusal(401, "authentication_error", "invalid x-api-key")
    version = headers.get("anthropic-version")
    if version is None:
        return Refusal(400, "invalid_request_error", APPROXIMATE["no version"])
    if version not in _VERSIONS:
        return Refusal(400, "invalid_request_error", APPROXIMATE["wrong version"].format(version=version))
    text = unknown_betas_text(Edition.from_headers(headers).betas, KNOWN_BETAS | set(betas))
    return Refusal(400, "invalid_request_error", text) if text else None


def refuse(given: object, edition: Edition | None = None, *, counting: bool = False) -> Refusal | None:
    """Return the refusal of a request for its body. None: the body is valid.

    Args:
        given: The parsed body.
        edition: The API version and betas of the request. None: the newest version without betas.
        counting: True for `/v1/messages/count_tokens`, whose body has no `max_tokens`.
    """
    if not isinstance(given, dict):
        return Refusal(400, "invalid_request_error", "Input should be a valid dictionary")
    body, edition = cast("JSONObject", given), edition or Edition()
    text = (
        find_shape_error(body, counting=counting)
        or _find_refused_field(body, edition, counting=counting)
        or find_extra_field(body)
    )
    if text:
        return Refusal(400, "invalid_request_error", text)
    facts = find_model_facts(body["model"])
    if facts is None:
        return Refusal(404, "not_found_error", f"model: {body['model']}")
    request = CheckedRequest(body, facts, edition)
    for check in _CHECKS:
        found = check(request)
        if found is not None:
            return Refusal(400, "invalid_request_error", found) if isinstance(found, str) else found
    return None


def _find_refused_field(body: JSONObject, edition: Edition, *, counting: bool) -> str | None:
    refused = [*(SAMPLING_PARAMETERS if edition.is_newest else ()), *(["max_tokens"] if counting else [])]
    refused += fields_without_beta(body, edition.betas)
    given = next((field for field in refused if field in body), None)
    return APPROXIMATE["extra"].format(field=given) if given else None
