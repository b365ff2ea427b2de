"""Gunicorn's names for our options, so that its configuration files and command lines can be kept; one of Uvicorn's.

A name that is ours too, as ``workers``, needs no line here. What Gunicorn has and Hanok has not is told with a reason
when the server starts: it changes nothing, and nobody should believe that it does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Alias(NamedTuple):
    """One of their names: the option it means, and what becomes of its value. ``flags`` are theirs, too."""

    option: str
    convert: Callable[[Any], Any] = lambda value: value
    flags: tuple[str, ...] = ()


def zero_is_none(value: Any) -> Any:
    """0 turns a limit of theirs off, as None does here."""
    return None if value in (0, "0") else value


def lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def octal(value: Any) -> Any:
    """Permissions are numbers in Python, and octal text in our options."""
    return f"{value:o}" if isinstance(value, int) else value


def number_as_text(value: Any) -> Any:
    """Users and groups may be numbers, which our options take as text."""
    return str(value) if isinstance(value, int) else value


def on_or_off(value: Any) -> Any:
    """Their PROXY protocol may be limited to one version; ours reads both."""
    return {"off": False, "auto": True, "v1": True, "v2": True}.get(value, value) if isinstance(value, str) else value


def log_file(value: Any) -> Any:
    """``-`` is the standard stream, which is what we do without a file."""
    return None if value == "-" else value


ALIASES: dict[str, Alias] = {
    "graceful_timeout": Alias("timeout_graceful_shutdown", flags=("--graceful-timeout",)),
    "timeout": Alias("timeout_worker_healthcheck", zero_is_none, ("--timeout", "-t")),
    "keepalive": Alias("timeout_keep_alive", flags=("--keep-alive",)),
    "max_requests": Alias("limit_max_requests", zero_is_none, ("--max-requests",)),
    "max_requests_jitter": Alias("limit_max_requests_jitter", flags=("--max-requests-jitter",)),
    "accesslog": Alias("access_log_file", log_file, ("--access-logfile",)),
    "errorlog": Alias("error_log_file", log_file, ("--error-logfile", "--log-file")),
    "access_log_format": Alias("access_log_format", flags=("--access-logformat",)),
    "loglevel": Alias("log_level", lower),
    "logconfig": Alias("log_config"),
    "logconfig_dict": Alias("log_config"),
    "h11_max_incomplete_event_size": Alias("limit_request_head", flags=("--h11-max-incomplete-event-size",)),
    "user": Alias("user", number_as_text),
    "group": Alias("group", number_as_text),
    "certfile": Alias("ssl_certfile", flags=("--certfile",)),
    "keyfile": Alias("ssl_keyfile", flags=("--keyfile",)),
    "ca_certs": Alias("ssl_ca_certs", flags=("--ca-certs",)),
    "cert_reqs": Alias("ssl_cert_reqs", flags=("--cert-reqs",)),
    "ciphers": Alias("ssl_ciphers", flags=("--ciphers",)),
    "preload_app": Alias("preload"),
    "umask": Alias("umask", octal),
    "proxy_protocol": Alias("proxy_protocol", on_or_off),
    "pythonpath": Alias("app_dir"),
}

ONE_KIND = "Hanok has one kind of worker, which runs ASGI applications on an event loop"
LOG = "see --access-log-file, --error-log-file and --log-config"
# Their names that have no counterpart, and why.
MEANINGLESS: dict[str, str] = {
    "worker_class": ONE_KIND,
    "threads": ONE_KIND,
    "worker_connections": "see --limit-concurrency",
    "worker_tmp_dir": "the heartbeat needs no file",
    "tmp_upload_dir": "it is never used by Gunicorn either",
    "daemon": "a service manager keeps it in the background: systemd, Docker",
    "chdir": "start it in that directory",
    "raw_env": "see --env-file",
    "reload_engine": "reload asks the kernel",
    "reload_extra_files": "see --reload-include",
    "spew": "it was for debugging Gunicorn",
    "check_config": "see hanok config",
    "print_config": "see hanok config",
    "sendfile": "it is used where it helps",
    "secure_scheme_headers": "see --forwarded-headers",
    "forwarder_headers": "see --forwarded-headers",
    "header_map": "fields with an underscore are passed on to ASGI applications as they are",
    "strip_header_spaces": "such requests are refused (RFC 9112 §5.1)",
    "permit_unconventional_http_method": "every method that is a token is passed on",
    "permit_unconventional_http_version": "other versions are refused",
    "casefold_http_method": "methods are case-sensitive (RFC 9110 §9.1)",
    "capture_output": LOG,
    "disable_redirect_access_to_syslog": LOG,
    "logger_class": LOG,
    "syslog": LOG,
    "syslog_addr": LOG,
    "syslog_prefix": LOG,
    "syslog_facility": LOG,
    "enable_stdio_inheritance": "standard streams are inherited",
    "statsd_host": "see --admin-bind, which serves /metrics",
    "statsd_prefix": "see --admin-bind, which serves /metrics",
    "dogstatsd_tags": "see --admin-bind, which serves /metrics",
    "do_handshake_on_connect": "handshakes never block a worker",
    "suppress_ragged_eofs": "they are no errors",
    "ssl_context": "see the options that begin with --ssl",
    "initgroups": "it is done with --user",
    "paste": "it is for WSGI applications of another time",
    "pre_request": "use a middleware",
    "post_request": "use a middleware",
}
