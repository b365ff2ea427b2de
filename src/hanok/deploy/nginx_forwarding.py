"""How Nginx hands a request to a server: what it says of the client, how long it waits, when it tries another."""

from __future__ import annotations

from hanok.deploy.project import Project
from hanok.deploy.sheet import Sheet

DAY = 86400
SILENCE = 60  # seconds that a server may be silent within an answer


def forwarding(project: Project, port: int, sheet: Sheet) -> None:
    """The directives of a server block; its locations inherit them all."""
    headers(project, port, sheet)
    sheet.gap()
    patience(project, sheet)
    if project.config.is_tls:
        sheet.gap().choice(
            f"The servers speak TLS as well: {project.why('ssl_certfile')}. Their certificate is not verified, which is "
            "right on one machine; between machines add proxy_ssl_verify and proxy_ssl_trusted_certificate.",
            "proxy_ssl_server_name on;",
            "proxy_ssl_name $host;",
        )


def headers(project: Project, port: int, sheet: Sheet) -> None:
    name = project.name.replace("-", "_")
    believed = project.config.forwarded_headers
    host = "$host" if port in (80, 443) else f"$host:{port}"
    sheet.choice(
        "HTTP/1.1, for kept connections and for WebSockets.",
        "proxy_http_version 1.1;",
        f"proxy_set_header Connection ${name}_connection;",
        "proxy_set_header Upgrade $http_upgrade;",
        f"proxy_set_header Host {host};",
    )
    sheet.choice(
        "Who the client is. Each is set or emptied here, never passed on: a client could have invented it. (If another "
        f"proxy stands in front of this one, use the realip module.) {project.why('forwarded_headers')}.",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        f"proxy_set_header X-Forwarded-Host {host};",
        "proxy_set_header X-Forwarded-Prefix '';",
        f'proxy_set_header Forwarded "for=${name}_for;proto=$scheme;host=\\"{host}\\"";'
        if "forwarded" in believed
        else "proxy_set_header Forwarded '';",
    )


def patience(project: Project, sheet: Sheet) -> None:
    config = project.config
    sheet.choice(
        "A server that refuses, or is cut off, costs the client nothing: the request goes to the next, once, and only "
        "while that is soon. A POST that a server may have begun is not repeated.",
        "proxy_connect_timeout 2s;",
        "proxy_next_upstream error timeout invalid_header;",
        "proxy_next_upstream_tries 2;",
        "proxy_next_upstream_timeout 5s;",
    )
    silence, why = SILENCE, "a minute of silence is an error"
    if config.ws != "none":
        if config.ws_ping_interval is None:
            silence, why = DAY, f"WebSockets may be silent for long: {project.why('ws_ping_interval')}"
        else:
            silence = max(SILENCE, round(config.ws_ping_interval * 3))
            why += f", and WebSockets are never silent for so long: {project.why('ws_ping_interval')}"
    sheet.choice(
        f"How long a server may be silent: {why}.",
        f"proxy_read_timeout {silence}s;",
        f"proxy_send_timeout {SILENCE}s;",
    )
    sheet.choice(
        "Bodies are taken from slow clients before a worker sees them, and answers are taken from workers at once. A "
        "stream of events is passed on as it comes: an endpoint that yields events says so itself (X-Accel-Buffering).",
        "proxy_request_buffering on;",
        "proxy_buffering on;",
        "proxy_buffers 16 8k;",
    )
