"""How a line of the access log is made: a format, compiled once into what to keep of an answer and how to write it.

A format is one of the names in ``NAMED``, ``json``, or a text with atoms such as ``%(h)s``. The atoms are
Gunicorn's (its documentation of ``access_log_format``); ``%(x)s`` also understands ``%({user-agent}i)s`` for a
header of the request, ``%({content-type}o)s`` for one of the answer, ``%({NAME}e)s`` for a variable of the
server's environment.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from hanok.exceptions import ConfigError

COLORS = {1: "\x1b[37m", 2: "\x1b[32m", 3: "\x1b[33m", 4: "\x1b[31m", 5: "\x1b[91m"}
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"
PHRASES = {int(status): status.phrase for status in HTTPStatus}

COMMON = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s'
NAMED = {"common": COMMON, "combined": COMMON + ' "%(f)s" "%(a)s"'}  # as Apache calls them
ATOM = re.compile(r"%\((?:\{([^}]+)\}([ioe])|(\w))\)s|%%")


class Answered(Protocol):
    """What a line tells: exchanges of every protocol have it."""

    client: tuple[str, int] | None
    method: str  # "" for a WebSocket
    raw_path: bytes
    query: bytes
    http_version: str
    status: int


Keep = Callable[[Any], Any]  # exchange → what the line needs of it
Write = Callable[[Any], str]  # that → the line, with its end


class LineFormat(NamedTuple):
    """``keep`` runs on the road of the request, ``write`` later."""

    keep: Keep
    write: Write
    timed: bool = False  # needs to know when a request began
    answer_headers: frozenset[bytes] = frozenset()  # the ones of the answer that it shows


def line_format(text: str, *, colors: bool = False) -> LineFormat:
    """The format that ``text`` names or spells. Raises ConfigError for an atom that does not exist."""
    if text in ("", "uvicorn"):
        return LineFormat(keep_short, colored_line if colors else line)
    if text == "json":
        return LineFormat(keep_json, json_line, timed=True)
    return spelled(NAMED.get(text, text))


# ---- Uvicorn's line


def keep_short(exchange: Answered) -> Any:
    return (
        exchange.client,
        exchange.method,
        exchange.raw_path,
        exchange.query,
        exchange.http_version,
        exchange.status,
    )


def line(kept: Any) -> str:
    client, method, path, query, version, status = kept
    return f'{_client(client)} - "{method or "WebSocket"} {target(path, query)} HTTP/{version}" {status}\n'


def colored_line(kept: Any) -> str:
    client, method, path, query, version, status = kept
    request = f"{BOLD}{method or 'WebSocket'} {target(path, query)} HTTP/{version}{PLAIN}"
    color = COLORS.get(status // 100, "")
    return f'{_client(client)} - "{request}" {color}{status} {PHRASES.get(status, "")}{PLAIN}\n'


def _client(client: Any) -> str:
    return f"{client[0]}:{client[1]}" if client else "-"


def target(path: bytes, query: bytes = b"") -> str:
    """As it was sent. What could move the cursor or forge a line is escaped; the door lets none in."""
    return harmless((path + b"?" + query if query else path).decode("latin-1"))


def harmless(text: str) -> str:
    return text if text.isascii() and text.isprintable() else ascii(text)[1:-1]


# ---- lines of JSON


def keep_json(exchange: Any) -> Any:
    headers = exchange.raw_headers
    return (*keep_short(exchange), time.time(), elapsed(exchange), exchange.sent, header(headers, b"referer"),
            header(headers, b"user-agent"))  # fmt: skip


def json_line(kept: Any) -> str:
    client, method, path, query, version, status, now, seconds, sent, referer, agent = kept
    told = {
        "time": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
        "client": client[0] if client else None,
        "method": method or "WebSocket",
        "path": path.decode("latin-1"),
        "query": query.decode("latin-1"),
        "protocol": f"HTTP/{version}",
        "status": status,
        "bytes": sent,
        "ms": round(seconds * 1000, 3),
        "referer": referer,
        "user_agent": agent,
    }
    return json.dumps(told) + "\n"  # which escapes all that is not ASCII


# ---- atoms

# letter → what it keeps, and how that is written.
ATOMS: dict[str, tuple[Keep, Callable[[Any], str]]] = {
    "h": (lambda exchange: exchange.client, lambda client: client[0] if client else "-"),
    "l": (lambda exchange: None, lambda nothing: "-"),
    "u": (lambda exchange: header(exchange.raw_headers, b"authorization"), lambda value: user(value)),
    "t": (lambda exchange: time.time(), lambda now: time.strftime("[%d/%b/%Y:%H:%M:%S %z]", time.localtime(now))),
    "r": (
        lambda exchange: (exchange.method, exchange.raw_path, exchange.query, exchange.http_version),
        lambda kept: f"{kept[0] or 'WebSocket'} {target(kept[1], kept[2])} HTTP/{kept[3]}",
    ),
    "s": (lambda exchange: exchange.status, str),
    "m": (lambda exchange: exchange.method, lambda method: method or "WebSocket"),
    "U": (lambda exchange: exchange.raw_path, target),
    "q": (lambda exchange: exchange.query, target),
    "H": (lambda exchange: exchange.http_version, lambda version: f"HTTP/{version}"),
    "b": (lambda exchange: exchange.sent, lambda sent: str(sent or "-")),
    "B": (lambda exchange: exchange.sent, str),
    "f": (lambda exchange: header(exchange.raw_headers, b"referer"), lambda value: quoted(value)),
    "a": (lambda exchange: header(exchange.raw_headers, b"user-agent"), lambda value: quoted(value)),
    "T": (lambda exchange: elapsed(exchange), lambda seconds: str(int(seconds))),
    "D": (lambda exchange: elapsed(exchange), lambda seconds: str(int(seconds * 1e6))),
    "M": (lambda exchange: elapsed(exchange), lambda seconds: str(int(seconds * 1e3))),
    "L": (lambda exchange: elapsed(exchange), lambda seconds: f"{seconds:.6f}"),
    "p": (lambda exchange: None, lambda nothing: f"<{os.getpid()}>"),
}
TIMED = frozenset("TDML")


def spelled(text: str) -> LineFormat:
    """The format that is written out with atoms."""
    keeps: list[Keep] = []
    writes: list[Callable[[Any], str]] = []
    pieces, at, timed = [], 0, False
    answer_headers = set()
    for found in ATOM.finditer(text):
        pieces.append(checked(text, text[at : found.start()]))
        at = found.end()
        name, kind, letter = found.groups()
        keep: Keep
        write: Callable[[Any], str]
        if found[0] == "%%":
            keep, write = ATOMS["l"][0], percent
        elif kind is not None:
            keep, write = NAMED_ATOMS[kind](name)
            if kind == "o":
                answer_headers.add(name.lower().encode())
        elif letter in ATOMS:
            keep, write = ATOMS[letter]
            timed = timed or letter in TIMED
        else:
            raise unknown(text, found[0])
        keeps.append(keep)
        writes.append(write)
    pieces.append(checked(text, text[at:]))

    def keep_all(exchange: Any) -> Any:
        return [keep(exchange) for keep in keeps]

    def write_all(kept: Any) -> str:
        parts = [pieces[0]]
        for piece, write, value in zip(pieces[1:], writes, kept, strict=True):
            parts.append(write(value))
            parts.append(piece)
        return "".join(parts) + "\n"

    return LineFormat(keep_all, write_all, timed, frozenset(answer_headers))


def checked(whole: str, plain: str) -> str:
    """The text between two atoms, which must hold no half of one."""
    if "%" in plain:
        raise unknown(whole, plain[plain.index("%") :][:12])
    return plain


def unknown(text: str, piece: str) -> ConfigError:
    letters = " ".join(ATOMS)
    return ConfigError(
        f"--access-log-format: {piece!r} in {text!r} is no atom. There are %(x)s with one of {letters}, "
        "%({name}i)s for a header of the request, %({name}o)s of the answer, %({NAME}e)s of the environment, "
        "and the whole formats uvicorn, common, combined and json."
    )


def percent(nothing: object) -> str:
    return "%"


def request_header(name: str) -> tuple[Keep, Callable[[Any], str]]:
    wanted = name.lower().encode("latin-1")
    return (lambda exchange: header(exchange.raw_headers, wanted)), quoted


def answer_header(name: str) -> tuple[Keep, Callable[[Any], str]]:
    wanted = name.lower().encode("latin-1")
    return (lambda exchange: answered_header(exchange, wanted)), quoted


def variable(name: str) -> tuple[Keep, Callable[[Any], str]]:
    return (lambda exchange: None), (lambda nothing: quoted(os.environ.get(name)))


NAMED_ATOMS = {"i": request_header, "o": answer_header, "e": variable}


def header(headers: Any, name: bytes) -> str | None:
    for one, value in headers:
        if one == name:
            return str(value.decode("latin-1"))
    return None


def answered_header(exchange: Any, name: bytes) -> str | None:
    """Kept by ``access_log.Remember``, which rides along where the format asks for one."""
    for one in getattr(exchange, "filters", None) or ():
        kept = getattr(one, "kept", None)
        if kept is not None:
            return header(kept, name)
    return None


def elapsed(exchange: Any) -> float:
    """Seconds from the request's head to the end of its answer; 0 where nobody had started the clock."""
    return time.perf_counter() - float(exchange.started) if exchange.started else 0.0


def quoted(value: str | None) -> str:
    """A value for between quotation marks, which it cannot end."""
    return "-" if value is None else harmless(value).replace('"', '\\"')


def user(authorization: str | None) -> str:
    """Who HTTP Basic says it is (RFC 7617)."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return "-"
    try:
        name = base64.b64decode(encoded).partition(b":")[0].decode("latin-1")
    except binascii.Error:
        return "-"
    return quoted(name).replace(" ", "\\x20") or "-"
