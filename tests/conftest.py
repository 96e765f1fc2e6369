"""What every test shares: the two async backends."""

import pytest


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Each test marked `anyio` runs on both backends."""
    return str(request.param)
