class _Test:
    pvalue: float

def mcnemar(table: list[list[int]], exact: bool) -> _Test: ...
