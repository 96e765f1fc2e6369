from agentkit.evals.graders.outputs import answers as answers
from agentkit.evals.graders.patterns import matches as matches
from agentkit.evals.graders.types import fits_type as fits_type
from agentkit.evals.graders.worlds import world_is as world_is
