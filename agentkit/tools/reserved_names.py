"""Names of tools that agentkit itself adds to a request; no tool of a user may have one of them."""

ANSWER_TOOL = "give_answer"
"""The tool with which a model gives a typed answer where the output type has no strict form."""
