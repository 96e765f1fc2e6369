from agentkit.schema.compiler import MISSING as MISSING
from agentkit.schema.compiler import ArgumentsSchema as ArgumentsSchema
from agentkit.schema.compiler import Parameter as Parameter
from agentkit.schema.compiler import TypeSchema as TypeSchema
from agentkit.schema.compiler import compile_parameters as compile_parameters
from agentkit.schema.compiler import compile_type as compile_type
