"""The server: uvicorn on the loopback address, with bounds on connections and on how long they take."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.errors import InputError
from pipeline.serve.answering import Application, LocalPage

HOST = "127.0.0.1"
"""The loopback address: no other machine reaches it."""
MOST_CONNECTIONS = 64
HEAD_S = 10.0
"""By then the head of a request is there, and a connection without one is closed, in seconds."""
MOST_HEAD_BYTES = 16_384
_END_S = 2
"""Requests that are being answered have as long when the server ends, in seconds."""


@contextmanager
def serving(page: LocalPage, port: int = 0) -> Iterator[str]:
    """Serve a page to this machine.

    Args:
        page: what is served.
        port: 0 for a free one.

    Yields:
        The page's address.

    Raises:
        InputError: the port cannot be had.
    """
    logger = logging.getLogger("uvicorn")  # the terminal is the command's
    logger.handlers, logger.propagate = [logging.NullHandler()], False
    with _listening(port) as listener:
        port = listener.getsockname()[1]
        token = secrets.token_urlsafe(18)
        hosts = frozenset({f"{HOST}:{port}", f"localhost:{port}"})
        config = uvicorn.Config(
            Application(page, token, hosts),
            http=BoundedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=MOST_HEAD_BYTES,
            timeout_keep_alive=int(HEAD_S),
            timeout_graceful_shutdown=_END_S,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(_serve(server, listener)), daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{port}/{token}/"
        finally:
            server.should_exit = True
            thread.join()


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until it should end; what goes wrong with a connection is that connection's."""
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    await server.serve([listener])


def _listening(port: int) -> socket.socket:
    """Take a port of the loopback address; who connects waits until the server runs."""
    if not 0 <= port < 1 << 16:
        raise InputError(f"port {port}: expected a number from 0, for any, to 65535")
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise InputError(f"port {port} of {HOST} cannot be had: {error}; another --port, or none, may do") from error


class BoundedProtocol(H11Protocol):
    """A connection of uvicorn that is refused beyond `MOST_CONNECTIONS`, and closed when it idles or dawdles."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self.loop.call_later(HEAD_S, self._check, None)

    def _check(self, before: object) -> None:
        """Close the connection if no request has begun since the last check, and none is being answered."""
        if self not in self.connections:
            return
        answering = self.cycle is not None and not self.cycle.response_complete
        if self.transport.is_closing() or (self.cycle is before and not answering):
            self.transport.abort()
        else:
            self.loop.call_later(HEAD_S, self._check, self.cycle)
