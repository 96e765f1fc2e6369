from agentkit.tools import process as process
from agentkit.tools.artifacts.artifact import Artifact as Artifact
from agentkit.tools.artifacts.store import KeptArtifact as KeptArtifact
from agentkit.tools.decorator import tool as tool
from agentkit.tools.definition import Tool as Tool
from agentkit.tools.options import ToolOptions as ToolOptions
from agentkit.tools.run_context import RunContext as RunContext
from agentkit.tools.toolset import Toolset as Toolset
