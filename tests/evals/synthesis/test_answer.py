"""The form of an answer, as a model is asked for it."""

from agentkit.evals.synthesis import Answer
from agentkit.run.output import OutputSpec


def test_a_ship_is_named_before_its_quotes_and_all_parts_are_explained() -> None:
    schema = str(OutputSpec[Answer].for_type(Answer).form.schema)
    assert schema.index("'name'") < schema.index("'quotes'")
    for part in ("registered", "exactly as they stand", "None: it asks for none", "nothing of the kind"):
        assert part in schema
