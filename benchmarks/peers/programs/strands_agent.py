"""strands: BASE_URL streamed (it always streams)."""

import sys

from strands import Agent, tool
from strands.models.anthropic import AnthropicModel

model = AnthropicModel(
    client_args={"api_key": "any", "base_url": sys.argv[1]}, model_id="claude-opus-5-5", max_tokens=500
)


@tool
def price(item: str) -> float:
    """Look up the price of an item in EUR.

    Args:
        item: Which item.
    """
    return {"tea": 4.0, "cup": 7.5}[item]


agent = Agent(model=model, tools=[price], system_prompt="Answer in one sentence.", callback_handler=None)
print(agent("What are tea and a cup?"))
