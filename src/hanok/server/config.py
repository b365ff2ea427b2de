# ruff: noqa: RUF009 - option() makes a field, it is no shared default
"""Config: every option of the server, written once.

Each field carries an ``Option`` in its metadata: help text, command-line flag, environment variable, accepted
values. The command line, ``Config.from_env`` and the documentation are made from that. Names are Uvicorn's
where Uvicorn has the option, Gunicorn's where only Gunicorn has it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

from hanok.exceptions import ConfigError

Kind: TypeAlias = Literal["text", "path", "whole", "seconds", "switch", "texts", "headers"]

LOG_LEVELS = ("critical", "error", "warning", "info", "debug", "trace")
TRUE, FALSE, NOTHING = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}, {"", "none"}


@dataclass(frozen=True, slots=True)
class Option:
    """How one field of ``Config`` is given from outside, and what it accepts."""

    name: str
    kind: Kind
    default: Any
    help: str
    group: str
    choices: tuple[str, ...] | None = None
    low: float | None = None
    high: float | None = None
    optional: bool = False
    also_env: str | None = None
    flag: str = ""

    @property
    def env(self) -> str:
        """The environment variable that sets it."""
        return "HANOK_" + self.name.upper()

    @property
    def accepts(self) -> str:
        """What a value may be, for messages and for the documentation."""
        if self.choices is not None:
            what = "one of " + ", ".join(self.choices)
        elif self.kind in ("whole", "seconds"):
            what = {"whole": "a whole number", "seconds": "a number of seconds"}[self.kind]
            if self.high is not None:
                what += f" from {self.low:g} to {self.high:g}"
            elif self.low is not None:
                what += f" of at least {self.low:g}"
        else:
            what = SAYS[self.kind]
        return what + (", or none" if self.optional else "")

    def parse(self, text: str) -> Any:
        """The value that ``text`` from the command line or the environment means. Raises ConfigError."""
        text = text.strip()
        if self.optional and text.lower() in NOTHING:
            return None
        try:
            return PARSERS[self.kind](text)
        except (ValueError, KeyError):
            raise self.error(text) from None

    def check(self, value: Any) -> None:
        """Raise ConfigError unless ``value`` is one that the option accepts."""
        if value is None and self.optional:
            return
        if self.choices is not None:
            good = value in self.choices
        elif self.kind in ("whole", "seconds"):
            number = int if self.kind == "whole" else (int, float)
            good = (
                isinstance(value, number)
                and not isinstance(value, bool)
                and (self.low is None or value >= self.low)
                and (self.high is None or value <= self.high)
            )
        elif self.kind == "switch":
            good = isinstance(value, bool)
        else:
            return
        if not good:
            raise self.error(value)

    def error(self, value: Any) -> ConfigError:
        return ConfigError(f"{self.flag} (or {self.env}): {value!r} is not accepted; give {self.accepts}.")


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise ValueError(text)
    return name.strip(), value.strip()


def _switch(text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueError(text)


def _texts(text: str) -> tuple[str, ...]:
    return tuple(piece.strip() for piece in text.split(",") if piece.strip())


SAYS: dict[str, str] = {
    "text": "text",
    "path": "the path of a file",
    "switch": "true or false",
    "texts": "texts separated by commas",
    "headers": "name: value",
}
PARSERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "path": str,
    "whole": int,
    "seconds": float,
    "switch": _switch,
    "texts": _texts,
    "headers": lambda text: tuple(_header(line) for line in text.splitlines() if line.strip()),
}


def option(kind: Kind, default: Any, help: str, group: str, **more: Any) -> Any:
    """A field of Config with its Option."""
    more["kind"], more["help"], more["group"] = kind, help, group
    return field(default=default, metadata={"option": more})


# The groups in which options are listed in help and documentation.
APP, SOCKET, PROCESS, LOGS, HTTP, LIMITS, WS, TLS, RELOAD = (
    "Application", "Socket", "Processes", "Logs", "HTTP", "Limits and timeouts", "WebSocket", "TLS", "Reload",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that can be chosen about a server. Immutable; wrong values raise ConfigError when it is
    made.
    """

    app_dir: str = option("path", "", "Look for the application in this directory; the current one by default.", APP)
    factory: bool = option("switch", False, "The target is a function that returns the application.", APP)
    interface: str = option("text", "auto", "How the application is called.", APP, choices=("auto", "asgi3", "native"))
    lifespan: str = option("text", "auto", "Run the lifespan of the application.", APP, choices=("auto", "on", "off"))
    root_path: str = option("text", "", "The path prefix under which a proxy in front serves the application.", APP)
    env_file: str | None = option("path", None, "Read environment variables from this file.", APP, optional=True)

    host: str = option("text", "127.0.0.1", "Listen on this address.", SOCKET)
    port: int = option("whole", 8000, "Listen on this port; 0 takes a free one.", SOCKET, low=0, high=65535)
    uds: str | None = option("path", None, "Listen on a Unix domain socket.", SOCKET, optional=True)
    fd: int | None = option("whole", None, "Listen on this inherited descriptor.", SOCKET, low=0, optional=True)
    backlog: int = option("whole", 2048, "Connections that may wait to be accepted.", SOCKET, low=1)

    workers: int = option("whole", 1, "Worker processes.", PROCESS, low=1, high=1024, also_env="WEB_CONCURRENCY")
    loop: str = option("text", "auto", "The event loop.", PROCESS, choices=("auto", "uvloop", "asyncio"))
    limit_max_requests: int | None = option(
        "whole", None, "Replace a worker after this many requests.", PROCESS, low=1, optional=True
    )
    limit_max_requests_jitter: int = option(
        "whole",
        0,
        "Add up to this many to limit_max_requests, by chance, so that workers differ.",
        PROCESS,
        low=0,
    )
    timeout_graceful_shutdown: float | None = option(
        "seconds",
        30,
        "How long running requests may take when the server stops.",
        PROCESS,
        low=0,
        optional=True,
    )

    log_level: str = option("text", "info", "The least level that is logged.", LOGS, choices=LOG_LEVELS)
    log_config: Any = option("path", None, "A logging configuration (.json, .yaml, .ini).", LOGS, optional=True)
    access_log: bool = option("switch", True, "Write a line for each answer.", LOGS)
    use_colors: bool | None = option("switch", None, "Colour the logs; on terminals by default.", LOGS, optional=True)

    proxy_headers: bool = option("switch", True, "Believe X-Forwarded-For and -Proto from trusted peers.", HTTP)
    forwarded_allow_ips: tuple[str, ...] = option(
        "texts", ("127.0.0.1", "::1"), "Trusted peers: addresses, networks (10.0.0.0/8), or *.", HTTP,
        also_env="FORWARDED_ALLOW_IPS",
    )  # fmt: skip
    server_header: bool = option("switch", True, "Send the Server header.", HTTP)
    date_header: bool = option("switch", True, "Send the Date header.", HTTP)
    headers: tuple[tuple[str, str], ...] = option(
        "headers", (), "A header to add to every answer, as name:value.", HTTP, flag="--header"
    )

    limit_concurrency: int | None = option(
        "whole",
        None,
        "Connections or running requests above which a worker answers 503.",
        LIMITS,
        low=1,
        optional=True,
    )
    limit_request_line: int = option("whole", 16384, "Longest request line, in bytes (414 above).", LIMITS, low=64)
    limit_request_fields: int = option("whole", 100, "Most header fields of a request (431 above).", LIMITS, low=1)
    limit_request_field_size: int = option("whole", 16384, "Longest header field, in bytes (431).", LIMITS, low=64)
    limit_request_head: int = option("whole", 65536, "Largest request head, in bytes (431 above).", LIMITS, low=128)
    max_body_size: int | None = option(
        "whole",
        2**30,
        "Largest request body, in bytes (413 above); none for no limit.",
        LIMITS,
        low=0,
        optional=True,
    )
    timeout_keep_alive: float = option("seconds", 5, "How long an idle connection is kept.", LIMITS, low=0)
    timeout_request_header: float = option("seconds", 30, "Time to receive a request head (408).", LIMITS, low=0.1)
    timeout_request_body: float = option("seconds", 60, "Longest silence within a request body (408).", LIMITS, low=0.1)
    timeout_send: float = option("seconds", 60, "Longest time a peer may take nothing of an answer.", LIMITS, low=0.1)

    ws_max_size: int = option("whole", 16 * 2**20, "Largest WebSocket message, in bytes.", WS, low=1)
    ws_max_queue: int = option("whole", 32, "WebSocket messages that may wait to be read.", WS, low=1)
    ws_ping_interval: float | None = option("seconds", 20, "Time between pings.", WS, low=0.01, optional=True)
    ws_ping_timeout: float | None = option("seconds", 20, "Time to wait for a pong.", WS, low=0.01, optional=True)
    ws_per_message_deflate: bool = option("switch", True, "Offer permessage-deflate.", WS)

    ssl_keyfile: str | None = option("path", None, "Private key (PEM).", TLS, optional=True)
    ssl_certfile: str | None = option("path", None, "Certificate chain (PEM).", TLS, optional=True)
    ssl_keyfile_password: str | None = option("text", None, "Password of the key.", TLS, optional=True)
    ssl_cert_reqs: int = option("whole", 0, "Client certificates: 0 none, 1 optional, 2 required.", TLS, low=0, high=2)
    ssl_ca_certs: str | None = option("path", None, "Authorities for client certificates.", TLS, optional=True)
    ssl_ciphers: str | None = option("text", None, "OpenSSL cipher list, up to TLS 1.2.", TLS, optional=True)

    reload: bool = option("switch", False, "Start again when files change.", RELOAD)
    reload_dirs: tuple[str, ...] = option("texts", (), "Directories to watch.", RELOAD, flag="--reload-dir")
    reload_includes: tuple[str, ...] = option(
        "texts", ("*.py",), "File patterns to watch.", RELOAD, flag="--reload-include"
    )
    reload_excludes: tuple[str, ...] = option(
        "texts",
        (".*", ".py[cod]", ".sw.*", "~*"),
        "File patterns to ignore.",
        RELOAD,
        flag="--reload-exclude",
    )
    reload_delay: float = option("seconds", 0.25, "Time between a change and the restart.", RELOAD, low=0)

    def __post_init__(self) -> None:
        for one in OPTIONS:
            one.check(getattr(self, one.name))
        if isinstance(self.forwarded_allow_ips, str):
            object.__setattr__(self, "forwarded_allow_ips", _texts(self.forwarded_allow_ips))
        if self.ssl_keyfile and not self.ssl_certfile:
            raise ConfigError("--ssl-keyfile was given without --ssl-certfile; a server needs both.")
        if self.reload and self.workers > 1:
            raise ConfigError(f"--reload watches one process, and --workers is {self.workers}; leave one of them out.")
        if sum(given is not None for given in (self.uds, self.fd)) > 1:
            raise ConfigError("--uds and --fd exclude each other: a server has one listener.")

    @property
    def is_tls(self) -> bool:
        return self.ssl_certfile is not None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **given: Any) -> Config:
        """A Config of what is ``given``, else what the environment says, else the defaults."""
        return cls(**{**environment(environ), **given})


def options() -> tuple[Option, ...]:
    """Every option, in the order in which help lists them."""
    return OPTIONS


def environment(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The options that environment variables set. Raises ConfigError for a value that cannot be read."""
    environ = os.environ if environ is None else environ
    found = {}
    for one in OPTIONS:
        for name in (one.env, one.also_env):
            if name is not None and name in environ:
                found[one.name] = one.parse(environ[name])
                break
    return found


def _describe() -> tuple[Option, ...]:
    found = []
    for one in fields(Config):
        told = dict(one.metadata["option"])
        dashed = "--" + one.name.replace("_", "-")
        found.append(Option(name=one.name, default=one.default, flag=told.pop("flag", dashed), **told))
    return tuple(found)


OPTIONS: tuple[Option, ...] = _describe()
