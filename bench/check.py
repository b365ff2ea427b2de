"""Before anything is timed: does this peer give the same answers as all the others?"""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bench.processes import PeerError, Server
from bench.works import FILLING, Question, Work


def check(server: Server, work: Work) -> None:
    """Ask what is timed, twice on one connection, then what else shows that the work is done."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        for question in (work.question, work.question, *work.also):
            wrong = ask(connection, question) if question.echo is None else echo(server.port, question)
            if wrong:
                name = f"{server.peer.name}, {work.key}: {question.method} {question.path}"
                raise PeerError(f"{name}: {'; '.join(wrong)}\n{server.last_words()}")
    except (OSError, http.client.HTTPException) as error:
        raise PeerError(f"{server.peer.name}, {work.key}: {error!r}\n{server.last_words()}") from error
    finally:
        connection.close()


def ask(connection: http.client.HTTPConnection, question: Question) -> list[str]:
    """What is wrong with the answer, in words."""
    connection.request(question.method, question.path, question.body, dict(question.sent))
    answer = connection.getresponse()
    body = answer.read()
    wrong = []
    if answer.status not in question.status:
        return [f"status {answer.status}, {body[:200]!r}"]
    if question.length is not None:
        return [] if body == FILLING * question.length else [f"{len(body)} bytes, {body[:20]!r}"]
    if question.answer is None:
        return []
    if answer.headers.get_content_type() != "application/json":
        wrong.append(f"content type {answer.headers['content-type']!r}")
    if answer.headers["content-length"] != str(len(body)):
        wrong.append(f"content length {answer.headers['content-length']!r} for {len(body)} bytes")
    if not answer.headers["server"]:
        wrong.append("no Server")
    wrong.extend(wrong_date(answer.headers["date"]))
    if answer.will_close:
        wrong.append("the connection is not kept")
    for name, value in question.headers.items():
        if answer.headers[name] != value:
            wrong.append(f"{name}: {answer.headers[name]!r} instead of {value!r}")
    try:
        answered: object = json.loads(body)
    except ValueError:
        answered = body
    if answered != question.answer:
        wrong.append(f"{answered!r} instead of {question.answer!r}")
    return wrong


def echo(port: int, question: Question) -> list[str]:
    """What is wrong with a WebSocket that should send back what it gets."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    assert question.echo is not None
    try:
        with connect(f"ws://127.0.0.1:{port}{question.path}", open_timeout=10, compression=None) as socket:
            for text in (question.echo, question.echo, "한옥"):
                socket.send(text)
                if (back := socket.recv(timeout=10)) != text:
                    return [f"{back!r} instead of {text!r}"]
    except (WebSocketException, OSError) as error:
        return [repr(error)]
    return []


def wrong_date(text: str | None) -> list[str]:
    """A live Date is part of the work."""
    if not text:
        return ["no Date"]
    age = abs((datetime.now(UTC) - parsedate_to_datetime(text)).total_seconds())
    return [f"Date is {age:.0f} s off"] if age > 5 else []
