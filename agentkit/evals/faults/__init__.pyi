from agentkit.evals.faults.recovery_rate import Recovery as Recovery
from agentkit.evals.faults.recovery_rate import recovery as recovery
from agentkit.evals.faults.spec import Faults as Faults
