"""What a model, steps or a tool of your own must do: suites of tests to inherit. They need pytest and anyio's plugin.

    class TestOurModel(ModelContract):
        @pytest.fixture
        def model(self) -> Model:
            return OurModel(...)

A fixture that a contract asks for and your class does not give fails by name. Each test runs on asyncio and on trio,
unless the class has an `anyio_backend` fixture that says otherwise.
"""

from agentkit.testing.contracts.model import ModelContract
from agentkit.testing.contracts.steps import DurableStepsContract, StepsContract
from agentkit.testing.contracts.tools import ToolContract

__all__ = ["DurableStepsContract", "ModelContract", "StepsContract", "ToolContract"]
