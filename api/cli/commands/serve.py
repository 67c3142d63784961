"""`heapwright serve`: the HTTP application in a server of one process.

The sockets are opened here, before the server starts, because a server that finds
its port taken says so in a log and leaves with the code of any failure.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket

import uvicorn

from heapwright.api.cli.process.exits import CannotListen, Exit
from heapwright.api.service.app import application


def serve(host: str, port: int) -> Exit:
    """Serve until interrupted.

    Raises:
        CannotListen: the port is taken, or this address cannot be listened on.
    """
    sockets = listening(host, port)
    server = uvicorn.Server(uvicorn.Config(application(), host=host, port=port, server_header=False))
    shown = f"[{host}]" if ":" in host else host
    number = sockets[0].getsockname()[1]
    logging.getLogger("uvicorn.error").info(
        "heapwright answers on http://%s:%d (Ctrl-C ends it)", shown, number
    )
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=sockets)
    return Exit.PLAN


def listening(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on every address of `host`; with port 0 the kernel picks one, the same for all.

    Raises:
        CannotListen: one of them cannot be had; none stays open.
    """
    opened: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in _addresses(host, port):
            number = opened[0].getsockname()[1] if opened else port
            opened.append(socket.socket(family, kind, protocol))
            opened[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                opened[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            opened[-1].bind((address[0], number, *address[2:]))
            opened[-1].listen()
    except OSError as error:
        for each in opened:
            each.close()
        raise _refused(host, port, error) from None
    return opened


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, int, int, str, tuple[str, int]]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys(found))  # type: ignore[arg-type]


def _refused(host: str, port: int, error: OSError) -> CannotListen:
    if error.errno == errno.EADDRINUSE:
        return CannotListen(
            f"port {port} of {host} is in use; stop the process that listens there, or choose another port "
            "with --port (--port 0 picks a free one)",
            taken=True,
        )
    if error.errno == errno.EACCES:
        return CannotListen(
            f"this user may not listen on port {port}; choose one of 1024 or above with --port"
        )
    said = error.strerror or os.strerror(error.errno or 0)
    return CannotListen(f"cannot listen on {host}: {said}; choose an address of this machine with --host")
