"""Contract tests to inherit, for models, steps, tools and checks of your own. They need pytest and anyio's plugin.

    class TestOurModel(ModelContract):
        @pytest.fixture
        def model(self) -> Model:
            return OurModel(...)

A fixture that a contract needs and your class lacks fails by name. Each test runs on asyncio and on trio, unless the
class has an `anyio_backend` fixture that says otherwise.
"""

from agentkit.testing.contracts.checks import CheckContract
from agentkit.testing.contracts.model import ModelContract
from agentkit.testing.contracts.steps import DurableStepsContract, StepsContract
from agentkit.testing.contracts.tools import ToolContract

__all__ = ["CheckContract", "DurableStepsContract", "ModelContract", "StepsContract", "ToolContract"]
