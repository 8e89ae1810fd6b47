"""Who may ask, what is asked, and the answer: the application that the server runs (ASGI)."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from pipeline.errors import CourtsideError
from pipeline.serve.reading import Content, FileContent, RequestError, json_of, query_of

MOST_BODY_BYTES = 4_000_000
MOST_ADDRESS_BYTES = 2_000
MOST_AT_WORK = 8
"""Requests that are worked on at once; more wait."""
BODY_S = 20.0
"""By then a body is there, in seconds."""
SEND_S = 30.0
"""By then a piece of an answer is taken, in seconds."""
_POLICY = (
    "default-src 'none'; img-src 'self' blob: data:; media-src 'self'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer."""
_RANGE = re.compile(r"bytes=(?:(\d{1,15})-\d{0,15}|-\d{1,15})")
_LONGEST_MESSAGE = 500
"""Characters of an error."""


@dataclass(frozen=True)
class LocalPage:
    """A page: its files, what it asks for, and what it changes, by the last part of the address."""

    folder: Path
    """Where its files lie."""
    files: Mapping[str, str]
    """Name and MIME type of each file; the first is the page itself."""
    reads: Mapping[str, Callable[[Mapping[str, str]], Any]] = field(default_factory=dict)
    """GET: functions of the query; they return a `Content`, a `FileContent`, or what is sent as JSON."""
    changes: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """POST: functions of the JSON that is sent; they return likewise."""


class Application:
    """Answers the requests of a page, and nobody else's."""

    def __init__(self, page: LocalPage, token: str, hosts: frozenset[str]) -> None:
        """Serve a page.

        Args:
            page: what is served.
            token: the first part of every address.
            hosts: names and ports under which the server is reached.
        """
        self._page = page
        self._token = token.encode()
        self._hosts = hosts
        self._at_work = asyncio.Semaphore(MOST_AT_WORK)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        with suppress(ClientDisconnect):
            request = Request(scope, receive)
            response = await self._answer(request)
            await response(scope, receive, partial(_in_time, send))

    async def _answer(self, request: Request) -> Response:
        """Answer, or say in one line what is wrong."""
        try:
            name = self._name_below_token(request)
            if name is None:
                return Response(status_code=HTTPStatus.FORBIDDEN, headers=_HEADERS | {"Connection": "close"})
            return _response(await self._content(request, name), request)
        except ClientDisconnect:
            raise
        except RequestError as error:
            return _refusal(str(error), error.status)
        except CourtsideError as error:
            return _refusal(str(error), HTTPStatus.BAD_REQUEST)
        except Exception as error:  # noqa: BLE001  the page says what broke, and the next request is answered
            return _refusal(f"{type(error).__name__}: {error}", HTTPStatus.INTERNAL_SERVER_ERROR)

    def _name_below_token(self, request: Request) -> str | None:
        """Return what is asked for below the token; None for a stranger."""
        address: bytes = request.scope["raw_path"]
        if len(address) + len(request.scope["query_string"]) > MOST_ADDRESS_BYTES:
            raise RequestError("the address is too long", HTTPStatus.REQUEST_URI_TOO_LONG)
        origins = {f"http://{host}" for host in self._hosts}
        from_us = (
            set(request.headers.getlist("Host")) <= self._hosts
            and "Host" in request.headers
            and set(request.headers.getlist("Origin")) <= origins
            and set(request.headers.getlist("Sec-Fetch-Site")) <= {"same-origin", "none"}
        )
        before, _, rest = address.partition(b"/")
        token, slash, below = rest.partition(b"/")
        if before or not (from_us and slash and secrets.compare_digest(token, self._token)):
            return None
        return below.decode("ascii")

    async def _content(self, request: Request, name: str) -> Any:
        """Do what is asked."""
        if "Transfer-Encoding" in request.headers:
            raise RequestError("the length of the request is missing", HTTPStatus.LENGTH_REQUIRED)
        length = int(request.headers.get("Content-Length", "0"))
        if request.method == "GET":
            if length:
                raise RequestError("a request for a page has no body")
            return await self._read(name, request)
        if request.method != "POST":
            raise RequestError("GET and POST are answered", HTTPStatus.METHOD_NOT_ALLOWED)
        if request.headers.get("Content-Type") != "application/json":
            raise RequestError("expected application/json", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        if length > MOST_BODY_BYTES:
            raise RequestError(f"more than {MOST_BODY_BYTES} bytes", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if name not in self._page.changes:
            raise RequestError("there is no such address", HTTPStatus.NOT_FOUND)
        return await self._work(partial(self._page.changes[name], json_of(await _body(request))))

    async def _read(self, name: str, request: Request) -> Any:
        """Read a file of the page, or what it asks for."""
        page = self._page
        if name in page.reads:
            return await self._work(partial(page.reads[name], query_of(request.scope["query_string"])))
        name = name or next(iter(page.files))
        if name not in page.files:
            raise RequestError("there is no such address", HTTPStatus.NOT_FOUND)
        return Content((page.folder / name).read_bytes(), page.files[name])

    async def _work(self, function: Callable[[], Any]) -> Any:
        """Call a function in a thread that does not keep the program from ending."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            if not done.done():
                done.set_result((result, error))

        def run() -> None:
            result, raised = None, None
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001  it is raised where the answer is made
                raised = error
            with suppress(RuntimeError):  # the server has ended meanwhile
                loop.call_soon_threadsafe(settle, result, raised)

        async with self._at_work:
            threading.Thread(target=run, daemon=True).start()
            result, error = await done
        if isinstance(error, Exception):
            raise error
        if error is not None:  # SystemExit would end the server
            raise RuntimeError(repr(error))
        return result


async def _body(request: Request) -> bytes:
    """Receive the body; its length is bounded before."""
    try:
        async with asyncio.timeout(BODY_S):
            return await request.body()
    except TimeoutError as error:
        raise RequestError("the request came too slowly", HTTPStatus.REQUEST_TIMEOUT) from error


async def _in_time(send: Send, message: Message) -> None:
    """Send a piece of an answer to somebody who takes it."""
    try:
        async with asyncio.timeout(SEND_S):
            await send(message)
    except TimeoutError as error:
        raise ClientDisconnect from error


def _response(content: Any, request: Request) -> Response:
    """Make an answer of what a function returns."""
    if isinstance(content, FileContent):
        return _file(content, request)
    if not isinstance(content, Content):
        content = Content(json.dumps(content, allow_nan=False).encode(), "application/json")
    return Response(content.body, headers=_HEADERS | dict(content.headers), media_type=content.kind)


def _file(content: FileContent, request: Request) -> Response:
    """Send a file, or the range of it that is asked for; browsers ask for a single one."""
    asked = request.headers.get("Range")
    if asked is not None:
        found = _RANGE.fullmatch(asked)
        if found is None:
            raise RequestError("a range is bytes=FIRST-LAST", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        if found[1] and int(found[1]) >= content.path.stat().st_size:
            raise RequestError("the range begins behind the end", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    return FileResponse(content.path, headers=_HEADERS, media_type=content.kind)


def _refusal(message: str, status: HTTPStatus) -> Response:
    """Say in one line what is wrong; what is left of the request is not read."""
    body = json.dumps({"error": " ".join(message.split())[:_LONGEST_MESSAGE]}).encode()
    allowed = {"Allow": "GET, POST"} if status == HTTPStatus.METHOD_NOT_ALLOWED else {}
    headers = _HEADERS | {"Connection": "close"} | allowed
    return Response(body, status_code=status, headers=headers, media_type="application/json")
