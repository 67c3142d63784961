"""`heapwright serve`: the HTTP application in a server of one process."""

from __future__ import annotations

import uvicorn

from api.exits import Exit
from api.service.app import application


def serve(host: str, port: int) -> Exit:
    """Serve until interrupted."""
    uvicorn.run(application(), host=host, port=port, server_header=False)
    return Exit.PLAN
