"""Adapt a server's input schema to the API."""

from __future__ import annotations

from agentkit.schema.json_schema.satisfiable import without_impossible_properties
from agentkit.schema.validation.api_form import ApiForm, api_form, object_schema


def fitted(schema: object) -> ApiForm:
    """Adapt a schema with as few changes as possible; optional properties that no value fits are left out.

    Raises:
        DefinitionError: It is no schema of an object, or no call could fit it. The text has the reason.
    """
    return api_form(without_impossible_properties(object_schema(schema)))
