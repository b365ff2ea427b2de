"""Three parsers behind one face: bytes → the messages they see, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import h11
import httptools

from hanok.exceptions import RemoteProtocolError
from hanok.protocols.h1.head import RequestHead, parse_head
from hanok.protocols.h1.upload import Upload


@dataclass(frozen=True, slots=True)
class Message:
    """One request, as a parser has read it."""

    method: bytes
    target: bytes
    version: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(slots=True)
class Reading:
    """What a parser makes of a stream. ``end`` says why there are no more messages.

    ``more``: the stream ended; ``refused``: with the reason in ``error``; ``closed``: the last message ends the connection;
    ``switched``: it asks for another protocol, so what follows is not HTTP.
    """

    messages: list[Message] = field(default_factory=list)
    end: str = "more"
    error: str = ""


Parse = Callable[[bytes, RequestHead | None], RequestHead | None]  # the stream from here on, and the head before


def alone(data: bytes, previous: RequestHead | None) -> RequestHead | None:
    """The parser, without what it could take over from the head before."""
    return parse_head(data)


def ours(data: bytes, cuts: tuple[int, ...] = (), parse: Parse = alone) -> Reading:
    """Hanok's parser; ``cuts`` are the places where the stream arrives in pieces. ``parse``: another form of it."""
    found = Reading()
    buffer = b""
    previous: RequestHead | None = None
    upload: Upload | None = None
    edges = [0, *cuts, len(data)]
    try:
        for begin, end in pairwise(edges):
            buffer += data[begin:end]
            while buffer:
                if upload is None:
                    head = parse(buffer, previous)
                    if head is None:
                        break
                    previous = head
                    buffer = buffer[head.end :]
                    upload = Upload(head, None)
                head = upload.head
                has_body = bool(head.content_length) or head.chunked
                if has_body:
                    buffer = buffer[upload.feed(buffer, 0) :]
                    if not upload.done:
                        break
                body = upload.whole() if has_body else b""
                upload = None
                found.messages.append(
                    Message(head.method.encode(), head.target, head.http_version, tuple(head.headers), body)
                )
                if head.upgrade is not None:
                    found.end = "switched"
                    return found
                if not head.keep_alive:
                    found.end = "closed"
                    return found
    except RemoteProtocolError as error:
        found.end, found.error = "refused", str(error)
    return found


class _Collector:
    def __init__(self, found: Reading) -> None:
        self.found = found
        self.parser = httptools.HttpRequestParser(self)

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        # Trailers are reported like headers: they end here.
        self.complete = tuple(self.headers)

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        parser = self.parser
        self.found.messages.append(
            Message(parser.get_method(), self.url, parser.get_http_version(), self.complete, self.body)
        )
        if not parser.should_keep_alive():
            self.found.end = "closed"


def llhttp(data: bytes) -> Reading:
    found = Reading()
    collector = _Collector(found)
    try:
        collector.parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        found.end = "switched"
    except httptools.HttpParserError as error:
        if found.end != "closed":  # what comes after the last message is an error there; we do not look at it
            found.end, found.error = "refused", str(error)
    return found


def h11_(data: bytes) -> Reading:
    """h11, with a new connection for each message; empty lines before a request line, which it does not know, are taken off."""
    found = Reading()
    while found.end == "more":
        while data.startswith(b"\r\n"):
            data = data[2:]
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=2**20)
        connection.receive_data(data)
        try:
            message = _h11_message(connection)
        except h11.RemoteProtocolError as error:
            found.end, found.error = "refused", str(error)
            return found
        if message is None:
            return found
        found.messages.append(message)
        if connection.their_state is h11.MUST_CLOSE:
            found.end = "closed"
        elif connection.their_state is h11.MIGHT_SWITCH_PROTOCOL:  # type: ignore[attr-defined]
            found.end = "switched"
        data = connection.trailing_data[0]
    return found


def _h11_message(connection: h11.Connection) -> Message | None:
    request: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            headers = tuple((name, value) for name, value in request.headers)
            return Message(request.method, request.target, request.http_version.decode(), headers, body)
        else:
            return None


PEERS: dict[str, Callable[[bytes], Reading]] = {"llhttp": llhttp, "h11": h11_}
