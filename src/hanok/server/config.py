# ruff: noqa: RUF009 - option() makes a field, it is no shared default
"""Config: every option of the server, written once.

Each field carries an ``Option`` in its metadata: help text, command-line flag, environment variable, accepted
values. The command line, the files, and the documentation are made from that. Names are Uvicorn's where
Uvicorn has the option, Gunicorn's where only Gunicorn has it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hanok.exceptions import ConfigError
from hanok.server.addresses import parse_address
from hanok.server.config_certificates import OLD_TLS, CertificateFiles, paired
from hanok.server.options import Option, described, option

LOG_LEVELS = ("critical", "error", "warning", "info", "debug", "trace")

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
    config: str | None = option(
        "path", None, "Read options from this file: TOML, or Python like Gunicorn's.", APP, short="-c", optional=True
    )
    interface: str = option(
        "text", "auto", "How the application is called.", APP, choices=("auto", "asgi3", "asgi2", "wsgi", "native"),
    )  # fmt: skip
    lifespan: str = option("text", "auto", "Run the lifespan of the application.", APP, choices=("auto", "on", "off"))
    root_path: str = option("text", "", "The path prefix under which a proxy in front serves the application.", APP)
    env_file: str | None = option("path", None, "Read environment variables from this file.", APP, optional=True)

    bind: tuple[str, ...] = option(
        "texts", (), "Listen here: host:port, [address]:port, unix:/path or fd://N; may be given several times.", SOCKET,
        short="-b",
    )  # fmt: skip
    host: str = option("text", "127.0.0.1", "Listen on this address; :: on all, IPv6 and IPv4.", SOCKET)
    port: int = option("whole", 8000, "Listen on this port; 0 takes a free one.", SOCKET, low=0, high=65535)
    uds: str | None = option("path", None, "Listen on a Unix domain socket.", SOCKET, optional=True)
    uds_permissions: int | None = option(
        "mode", None, "Who may connect to Unix domain sockets; by default everybody (666).", SOCKET, optional=True
    )
    fd: int | None = option("whole", None, "Listen on this inherited descriptor.", SOCKET, low=0, optional=True)
    backlog: int = option("whole", 2048, "Connections that may wait to be accepted.", SOCKET, low=1)
    proxy_protocol: bool = option(
        "switch", False, "Connections begin with the PROXY protocol, version 1 or 2; others are refused.", SOCKET
    )
    proxy_allow_ips: tuple[str, ...] = option(
        "texts", ("127.0.0.1", "::1"), "Peers whose PROXY protocol is believed: addresses, networks, or *.", SOCKET
    )
    reuse_port: bool = option("switch", False, "Give each worker a listener of its own (SO_REUSEPORT).", SOCKET)

    workers: int = option(
        "whole", 1, "Worker processes.", PROCESS, low=1, high=1024, also_env="WEB_CONCURRENCY", short="-w"
    )
    loop: str = option(
        "text", "auto", "The event loop.", PROCESS, choices=("auto", "uvloop", "asyncio"),
        remedies={"zuvloop": "the fast one here is uvloop; give auto, uvloop or asyncio"},
    )  # fmt: skip
    limit_max_requests: int | None = option(
        "whole", None, "Replace a worker after this many requests.", PROCESS, low=1, optional=True
    )
    limit_max_requests_jitter: int = option(
        "whole",
        0,
        "Add up to this many to --limit-max-requests, at random, so that workers are not all replaced at once.",
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
    timeout_idle_shutdown: float = option(
        "seconds", 1, "How long idle connections are still listened to when the server stops.", PROCESS, low=0
    )
    timeout_worker_boot: float | None = option(
        "seconds", 120, "How long a worker may take until it serves.", PROCESS, low=0.1, optional=True
    )
    timeout_worker_healthcheck: float | None = option(
        "seconds", 30, "Kill a worker whose event loop is blocked for this long.", PROCESS, low=0.1, optional=True
    )
    workers_lifetime: float | None = option(
        "seconds", None, "Replace a worker after this time.", PROCESS, low=0.1, optional=True
    )
    workers_max_rss: int | None = option(
        "whole", None, "Replace a worker whose memory is above this, in MiB.", PROCESS, low=1, optional=True
    )
    preload: bool = option("switch", False, "Import the application once, and fork the workers.", PROCESS)
    pidfile: str | None = option(
        "path", None, "Write the supervisor's process id to this file.", PROCESS, optional=True, flag="--pid"
    )
    user: str | None = option("text", None, "Workers run as this user (name or number).", PROCESS, optional=True)
    group: str | None = option("text", None, "Workers run as this group (name or number).", PROCESS, optional=True)
    umask: str | None = option("text", None, "Mask of the mode of new files, octal: 027.", PROCESS, optional=True)
    proc_name: str = option("text", "hanok", "Name of the processes in ps; needs setproctitle.", PROCESS, flag="--name")

    log_level: str = option("text", "info", "The least level that is logged.", LOGS, choices=LOG_LEVELS)
    log_config: Any = option("path", None, "A logging configuration (.json, .yaml, .ini).", LOGS, optional=True)
    error_log_file: str | None = option(
        "path", None, "Append the server's log to this file; standard error by default.", LOGS, optional=True
    )
    access_log: bool = option("switch", True, "Write a line for each answer.", LOGS)
    access_log_file: str | None = option(
        "path", None, "Append those lines to this file; standard output by default.", LOGS, optional=True
    )
    access_log_format: str = option(
        "text", "uvicorn", "Form of those lines: uvicorn, common, combined, json, or Gunicorn's atoms.", LOGS
    )
    admin_bind: str | None = option(
        "text", None, "Serve /metrics, /livez, /readyz and /status on this address, as 127.0.0.1:9000.", LOGS,
        optional=True,
    )  # fmt: skip
    use_colors: bool | None = option("switch", None, "Colour the logs; on terminals by default.", LOGS, optional=True)

    http: str = option(
        "text", "auto", "The HTTP/1.1 parser; there is one, whatever is said.", HTTP,
        choices=("auto", "httptools", "h11", "zttp"),
    )  # fmt: skip
    http2: bool = option(
        "switch", True, "Speak HTTP/2 too: over TLS by ALPN, else to clients that begin with it.", HTTP
    )
    proxy_headers: bool = option("switch", True, "Believe what trusted peers say of their clients.", HTTP)
    forwarded_headers: tuple[str, ...] = option(
        "texts", ("x-forwarded-for", "x-forwarded-proto"),
        "What is believed: x-forwarded-for, -proto, -host, -prefix, forwarded. Name only what the proxy sets itself.",
        HTTP,
    )  # fmt: skip
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
    limit_connections: int | None = option(
        "whole", None, "Connections that a worker holds, above which those that idle make room; by default as many "
        "as it may have open files, less an eighth.", LIMITS, low=1, optional=True,
    )  # fmt: skip
    limit_request_line: int = option("whole", 16384, "Longest request line, in bytes (414 above).", LIMITS, low=64)
    limit_request_fields: int = option("whole", 100, "Most header fields of a request (431 above).", LIMITS, low=1)
    limit_request_field_size: int = option("whole", 16384, "Longest header field, in bytes (431).", LIMITS, low=64)
    limit_request_head: int = option("whole", 65536, "Largest request head, in bytes (431 above).", LIMITS, low=128)
    http2_max_concurrent_streams: int = option(
        "whole", 128, "Requests of one HTTP/2 connection at the same time.", LIMITS, low=1, high=65535
    )
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
    min_data_rate: int = option(
        "whole", 240, "Bytes a second, in the long run, that a peer must send of a body or take of an answer; 0 for any.",
        LIMITS, low=0,
    )  # fmt: skip

    ws: str = option(
        "text", "auto", "The WebSocket protocol; there is one, and none turns it off.", WS,
        choices=("auto", "websockets", "websockets-sansio", "wsproto", "none"),
    )  # fmt: skip
    ws_max_size: int = option("whole", 16 * 2**20, "Largest WebSocket message, in bytes.", WS, low=1)
    ws_max_queue: int = option("whole", 32, "WebSocket messages that may wait to be read.", WS, low=1)
    ws_ping_interval: float | None = option("seconds", 20, "Time between pings.", WS, low=0.01, optional=True)
    ws_ping_timeout: float | None = option("seconds", 20, "Time to wait for a pong.", WS, low=0.01, optional=True)
    ws_per_message_deflate: bool = option("switch", True, "Offer permessage-deflate.", WS)

    ssl_keyfile: str | tuple[str, ...] = option("paths", (), "Private key (PEM), one for each certificate.", TLS)
    ssl_certfile: str | tuple[str, ...] = option(
        "paths", (), "Certificate chain (PEM); of several the client's server name (SNI) chooses.", TLS
    )
    ssl_keyfile_password: str | tuple[str, ...] = option("secrets", (), "Password of the key.", TLS)
    ssl_version: int = option(
        "whole", 17, "A protocol constant of the ssl module; see --ssl-min-version.", TLS, remedies=OLD_TLS
    )
    ssl_min_version: str = option("text", "1.2", "The oldest TLS that is spoken.", TLS, choices=("1.2", "1.3"))
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
            given = getattr(self, one.name)
            if (value := one.normal(given)) is not given:
                object.__setattr__(self, one.name, value)
            one.check(value)
        for text in self.bind:
            parse_address(text)
        self._check_peers()
        paired(tuple(self.ssl_certfile), tuple(self.ssl_keyfile), tuple(self.ssl_keyfile_password))
        if "://" in self.root_path:
            raise ConfigError(f"--root-path: {self.root_path!r} is an address; give its path alone, as /api.")
        name = self.root_path.strip("/")
        object.__setattr__(self, "root_path", f"/{name}" if name else "")
        if self.reload and self.workers > 1:
            raise ConfigError(f"--reload watches one process, and --workers is {self.workers}; leave one of them out.")
        if sum(bool(given) for given in (self.uds is not None, self.fd is not None, self.bind)) > 1:
            raise ConfigError("--uds, --fd and --bind exclude each other; --bind alone may be given several times.")

    def _check_peers(self) -> None:
        from hanok.protocols.forwarded import Forwarded, Trusted  # on first use: help does without

        Forwarded(self.forwarded_allow_ips, self.forwarded_headers)
        Trusted(self.proxy_allow_ips, "--proxy-allow-ips")

    @property
    def is_tls(self) -> bool:
        return bool(self.ssl_certfile)

    @property
    def certificates(self) -> tuple[CertificateFiles, ...]:
        """What is to be loaded, the certificate for clients that name no server first."""
        # ``__post_init__`` has made tuples of single texts.
        return paired(tuple(self.ssl_certfile), tuple(self.ssl_keyfile), tuple(self.ssl_keyfile_password))

    def remarks(self) -> list[str]:
        """What should be said about options that mean less here than in other servers."""
        found = []
        if self.http not in ("auto", "httptools"):
            found.append(f"--http {self.http}: Hanok has an HTTP/1.1 connection of its own, and uses that.")
        if self.ws not in ("auto", "none", "websockets-sansio"):
            found.append(f"--ws {self.ws}: Hanok has a WebSocket connection of its own, and uses that.")
        return found

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
        for name in one.variables:
            if name in environ:
                found[one.name] = one.read(environ[name], name)
                break
    return found


OPTIONS: tuple[Option, ...] = described(Config)
