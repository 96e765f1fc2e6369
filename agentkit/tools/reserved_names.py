"""Names of tools that agentkit itself gives a model; no tool of the user's may take them."""

ANSWER_TOOL = "give_answer"
"""The tool through which a typed answer comes when the type has no strict form."""
