"""Schemas of servers: what the API takes of them is shown, and one odd property does not cost the tool."""

from __future__ import annotations

import pytest

from agentkit.errors import DefinitionError
from agentkit.mcp.schemas import fitted


def test_a_property_that_no_value_fits_is_left_out_where_it_is_optional() -> None:
    schema = {"type": "object", "properties": {"colour": {"enum": []}, "$top": {"type": "integer"}}}
    fit = fitted(schema)
    assert fit.shown == {"type": "object", "properties": {"_top": {"type": "integer"}}}
    assert fit.read_arguments("t", {"_top": 3}) == {"$top": 3}
    with pytest.raises(DefinitionError, match="`colour` is required, and its enum has no members"):
        fitted({**schema, "required": ["colour"]})
