from agentkit.evals.faults.recovery import Recovery as Recovery
from agentkit.evals.faults.spec import Faults as Faults
