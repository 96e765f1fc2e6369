from agentkit.models.claude import ClaudeModel as ClaudeModel
from agentkit.models.client import session as session
from agentkit.models.model import CountsTokens as CountsTokens
from agentkit.models.model import HoldsThreads as HoldsThreads
from agentkit.models.model import Model as Model
from agentkit.models.model import ReadsBatches as ReadsBatches
from agentkit.models.retry import Retry as Retry
