from agentkit.schema.compiler import ArgumentsSchema as ArgumentsSchema
from agentkit.schema.compiler import TypeSchema as TypeSchema
from agentkit.schema.compiler import compile_parameters as compile_parameters
from agentkit.schema.compiler import compile_type as compile_type
from agentkit.schema.parameters import MISSING as MISSING
from agentkit.schema.parameters import Parameter as Parameter
