from agentkit.evals.synthesis.answer import Answer as Answer
from agentkit.evals.synthesis.answer import Item as Item
from agentkit.evals.synthesis.answer import Quote as Quote
from agentkit.evals.synthesis.library import Library as Library
from agentkit.evals.synthesis.tasks import suite as suite
