"""The server of local pages: who is answered, what is refused, and that nobody can hold it."""

import http.client
import json
import socket
import threading
from contextlib import ExitStack, closing, contextmanager
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import CalibrationError, InputError
from pipeline.serve import HOST, Content, LocalPage, RequestError, answering, number, server, serving
from pipeline.serve.reading import json_of

JSON = {"Content-Type": "application/json"}
LARGE = b"x" * 60_000_000


def fail(error):
    raise error


@pytest.fixture
def page(tmp_path):
    (tmp_path / "page.html").write_text("<p>here")
    (tmp_path / "secret.txt").write_text("secret")
    return LocalPage(
        tmp_path,
        {"page.html": "text/html"},
        {
            "twice": lambda fields: {"value": 2 * number(fields, "value", 0, 10)},
            "large": lambda _: Content(LARGE, "text/plain"),
            "odd": lambda _: float("nan"),
            "bug": lambda _: fail(KeyError("a\nb")),
            "stop": lambda _: fail(StopIteration()),
            "exit": lambda _: fail(SystemExit(3)),
            "wrong": lambda _: fail(CalibrationError("four points are needed")),
        },
        {"echo": lambda data: {"got": data}},
    )


@pytest.fixture
def address(page):
    with serving(page) as found:
        yield urlsplit(found)


@pytest.fixture
def ask(address):
    def request(path, body=None, headers=None, method=None, token=address.path):
        with closing(http.client.HTTPConnection(address.hostname, address.port, timeout=30)) as connection:
            method = method or ("GET" if body is None else "POST")
            connection.request(method, token + path, body, headers or (JSON if body is not None else {}))
            answer = connection.getresponse()
            return answer, answer.read()

    return request


@contextmanager
def connected(address):
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        yield connection


def head(address, path, *lines, method="GET"):
    lines = (f"{method} {address.path}{path} HTTP/1.1", f"Host: {address.netloc}", *lines, "", "")
    return "\r\n".join(lines).encode()


def raw(address, *pieces):
    """Send bytes, and return all that comes back until the server closes."""
    with connected(address) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return received(connection)


def received(connection):
    found = b""
    while True:
        try:
            piece = connection.recv(1 << 16)
        except ConnectionResetError:
            return found
        if not piece:
            return found
        found += piece


def test_page_numbers_and_json_are_answered(ask):
    answer, body = ask("")
    assert (answer.status, body, answer.getheader("Content-Type")) == (200, b"<p>here", "text/html; charset=utf-8")
    assert json.loads(ask("twice?value=2.5e0")[1]) == {"value": 5.0}
    assert json.loads(ask("echo", '{"a": [1, -2.5, null, "\u00e9"]}'.encode())[1]) == {
        "got": {"a": [1, -2.5, None, "é"]}
    }


def test_every_answer_forbids_what_the_page_does_not_need(ask):
    for answer, _ in (ask(""), ask("bug"), ask("", headers={"Origin": "null"}), ask("echo", b"{")):
        policy = answer.getheader("Content-Security-Policy")
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("Cross-Origin-Resource-Policy") == "same-origin"
        assert answer.getheader("Referrer-Policy") == "no-referrer"
        assert answer.getheader("Server") is None


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, "/wrong/"),
        ({}, "/"),
        ({}, "/t%C3%B6ken/"),
        ({}, "/%FF%00/"),
        ({"Host": "evil.example"}, None),
        ({"Host": "127.0.0.1"}, None),
        ({"Origin": "http://evil.example"}, None),
        ({"Origin": "null"}, None),
        ({"Origin": "https://127.0.0.1"}, None),
        ({"Sec-Fetch-Site": "cross-site"}, None),
        ({"Sec-Fetch-Site": "same-site"}, None),
    ],
)
def test_strangers_get_nothing(ask, headers, token):
    more = {} if token is None else {"token": token}
    for body in (None, b"{}"):
        answer, sent = ask("echo" if body else "", body, JSON | headers, **more)
        assert (answer.status, sent) == (403, b"")


def test_its_own_page_may_ask(ask, address):
    ours = JSON | {"Origin": f"http://{address.netloc}", "Sec-Fetch-Site": "same-origin"}
    assert ask("echo", b"1", ours)[0].status == 200
    assert ask("echo", b"1", JSON | {"Host": f"localhost:{address.port}"})[0].status == 200


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "PATCH", "PROPFIND"])
def test_what_is_neither_get_nor_post_is_refused(ask, method):
    answer, _ = ask("", method=method)
    assert answer.status == 405
    assert answer.getheader("Allow") == "GET, POST"


@pytest.mark.parametrize(
    "body",
    [
        b"NaN",
        b"[Infinity]",
        b'{"a": 1e999}',
        b"9" * 5000,
        b'{"a": 1, "a": 2}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe[\x00]\x00",
        b'"\xc3"',
        b"",
        b"{",
    ],
    ids=lambda body: repr(body[:8]),
)
def test_json_that_is_none_is_refused_in_one_line(ask, body):
    answer, sent = ask("echo", body)
    assert answer.status == 400
    assert json.loads(sent)["error"]
    assert "\n" not in json.loads(sent)["error"]


@given(st.recursive(st.none() | st.booleans() | st.integers(-999, 999) | st.text(), st.lists, max_leaves=20))
def test_json_is_read_as_the_standard_library_reads_it(data):
    assert json_of(json.dumps(data).encode()) == data


@pytest.mark.parametrize("text", ["", "nan", "-inf", "1e999", "1_0", "٣", "0x1", "10.01", "-0.01", "1 ", "1" * 99])
def test_numbers_are_finite_and_within_bounds(text):
    with pytest.raises(RequestError, match="from 0 to 10"):
        number({"value": text}, "value", 0, 10)


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("10", 10), ("2.5", 2.5), ("1e-7", 1e-7), ("3.", 3)])
def test_numbers_as_a_page_writes_them_are_read(text, value):
    assert number({"value": text}, "value", 0, 10) == value


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("nothing", None, {}, 404),
        ("secret.txt", None, {}, 404),
        ("../secret.txt", None, {}, 404),
        ("nothing", b"{}", JSON, 404),
        ("twice?value=1&value=2", None, {}, 400),
        ("twice?value=%FF", None, {}, 400),
        ("twice?" + "&".join(f"a{k}=1" for k in range(50)), None, {}, 400),
        ("twice?value=" + "1" * 3000, None, {}, 414),
        ("echo", b"{}", {"Content-Type": "text/plain"}, 415),
        ("wrong", None, {}, 400),
        ("bug", None, {}, 500),
        ("odd", None, {}, 500),
        ("exit", None, {}, 500),
        ("stop", None, {}, 500),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_line_and_the_terminal_is_quiet(ask, capfd, path, body, headers, status):
    answer, sent = ask(path, body, headers)
    assert answer.status == status
    message = json.loads(sent)["error"]
    assert message
    assert "\n" not in message
    assert "Traceback" not in message
    assert ask("")[0].status == 200
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("lines", "body", "status"),
    [
        (["Transfer-Encoding: chunked"], b"2\r\n{}\r\n0\r\n\r\n", b"411"),
        (["Transfer-Encoding: chunked", "Content-Length: 2"], b"2\r\n{}\r\n0\r\n\r\n", b"411"),
        (["Content-Length: 2", "Content-Length: 3"], b"{}", b"400"),
        (["Content-Length: 2, 3"], b"{}", b"400"),
        (["Content-Length: -2"], b"{}", b"400"),
        (["Content-Length: 99999999999999"], b"", b"413"),
        (["Content-Length : 2"], b"{}", b"400"),
        (["Host: evil.example"], b"{}", b"400"),
        (["X: " + "x" * 40_000], b"", b"400"),
    ],
)
def test_requests_whose_end_is_in_doubt_are_refused_and_the_connection_is_closed(address, lines, body, status):
    sent = raw(address, head(address, "echo", "Content-Type: application/json", *lines, method="POST") + body)
    assert sent.split()[1:2] == [status]
    assert sent.count(b"HTTP/1.1 ") == 1


def test_a_page_that_waits_for_its_turn_is_told_to_go_on(address):
    request = head(address, "echo", *(f"{k}: {v}" for k, v in JSON.items()), "Content-Length: 1", method="POST")
    with connected(address) as connection:
        connection.sendall(request.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 100")
        connection.sendall(b"7")
        assert received(connection).endswith(b'{"got": 7}')


def test_requests_in_a_row_are_answered_in_their_order(address):
    wanted = [head(address, f"twice?value={value}") for value in (1, 2)]
    sent = raw(address, b"".join([*wanted, head(address, "twice?value=3", "Connection: close")]))
    assert [part.split(b"}")[0] for part in sent.split(b'{"value": ')[1:]] == [b"2.0", b"4.0", b"6.0"]


def test_who_sends_nothing_or_dawdles_is_cut_off(address, monkeypatch):
    monkeypatch.setattr(server, "HEAD_S", 0.2)
    monkeypatch.setattr(answering, "BODY_S", 0.2)
    assert raw(address) == b""
    assert raw(address, b"GET / HTTP/1.1\r\nHost:") == b""
    slow = head(address, "echo", "Content-Type: application/json", "Content-Length: 9", method="POST")
    assert raw(address, slow + b"{").startswith(b"HTTP/1.1 408")
    with connected(address) as connection:  # answered once, silent then
        connection.sendall(head(address, "") + b"GET ")
        assert received(connection).endswith(b"<p>here")


def test_who_does_not_take_his_answer_is_cut_off(address, monkeypatch):
    monkeypatch.setattr(server, "HEAD_S", 0.2)
    monkeypatch.setattr(answering, "SEND_S", 0.2)
    gone = threading.Event()
    lost = server.BoundedProtocol.connection_lost
    monkeypatch.setattr(server.BoundedProtocol, "connection_lost", lambda self, error: (lost(self, error), gone.set()))
    with connected(address) as connection:
        connection.sendall(head(address, "large"))
        assert gone.wait(30)
        assert len(received(connection)) < len(LARGE)


def test_idle_connections_cost_no_threads_and_are_bounded(ask, address, monkeypatch, capfd):
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 20)
    before = threading.active_count()
    with ExitStack() as stack:
        idle = [stack.enter_context(connected(address)) for _ in range(60)]
        refused = [connection for connection in idle[20:] if received(connection) == b""]
        assert len(refused) == 40
        assert threading.active_count() == before
        for connection in idle[:5]:
            connection.close()
        monkeypatch.setattr(server, "MOST_CONNECTIONS", 30)
        assert ask("")[0].status == 200
    assert capfd.readouterr() == ("", "")


def test_any_bytes_leave_the_server_as_it_was(ask, address, capfd):
    words = [
        b"GET ",
        b"POST ",
        b"/",
        b"\r\n",
        b"\r\n\r\n",
        b" HTTP/1.1",
        b"Host: ",
        b"Content-Length: 5",
        b"Upgrade: ws",
    ]
    words += [b"Connection: upgrade", b"\x00", b"\xff", address.path.encode(), address.netloc.encode(), b"{}", b"a:b"]

    @settings(max_examples=30, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from(words) | st.binary(max_size=8), max_size=20).map(b"".join))
    def send(data):
        with connected(address) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            received(connection)

    send()
    assert ask("")[0].status == 200
    assert capfd.readouterr() == ("", "")


def test_the_address_is_of_this_machine_alone_and_another_each_time(page, address):
    assert address.hostname == HOST == "127.0.0.1"
    with serving(page) as second:
        assert urlsplit(second).path != address.path


def test_a_port_that_is_taken_is_said(page, address):
    for port, message in ((address.port, "cannot be had"), (99_999, "to 65535"), (-1, "to 65535")):
        with pytest.raises(InputError, match=message), serving(page, port):
            pass


def test_work_in_hand_does_not_keep_the_server_from_ending(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "_END_S", 0)
    begun, go_on = threading.Event(), threading.Event()
    page = LocalPage(tmp_path, {}, {"wait": lambda _: (begun.set(), go_on.wait(60))})
    with serving(page) as address, connected(urlsplit(address)) as connection:
        connection.sendall(head(urlsplit(address), "wait"))
        assert begun.wait(30)
    go_on.set()
