"""The orderly shop as a program that speaks over stdin and stdout."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.mcp.servers import shop

if __name__ == "__main__":
    shop().run("stdio")
