"""The parts of xllamacpp that `agentkit local` uses; the package brings no types of its own."""

class CommonParamsModel:
    path: str

class CommonParamsSampling:
    seed: int

class CpuParams:
    n_threads: int

class CommonParams:
    model: CommonParamsModel
    cpuparams: CpuParams
    sampling: CommonParamsSampling
    hostnames: list[str]
    port: int
    n_ctx: int
    n_parallel: int
    verbosity: int
    chat_template: str
    def __init__(self) -> None: ...

class Server:
    listening_address: str
    def __init__(self, params: CommonParams) -> None: ...
