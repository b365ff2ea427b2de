"""The servers behind Nginx, and how it shares requests out among them."""

from __future__ import annotations

from collections.abc import Sequence

from hanok.deploy.project import Project
from hanok.deploy.sheet import Sheet
from hanok.exceptions import ConfigError
from hanok.server.addresses import FdAddress, UnixAddress, parse_address
from hanok.server.listeners import addresses_of

ANY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}  # listening on all of them, it is also found on these


def servers_of(project: Project, given: Sequence[str]) -> list[str]:
    """The addresses as Nginx writes them. Raises ConfigError where none can be known."""
    if given:
        return [_named(text) for text in given]
    found = []
    for address in addresses_of(project.config):
        if isinstance(address, FdAddress):
            raise ConfigError("The server listens on an inherited descriptor; say where that leads, with --upstream.")
        if isinstance(address, UnixAddress):
            found.append(f"unix:{address.path}")
        else:
            host = ANY.get(address.host) or (f"[{address.host}]" if ":" in address.host else address.host)
            found.append(f"{host}:{address.port}")
    return found


def _named(text: str) -> str:
    try:
        address = parse_address(text)
    except ConfigError as error:
        raise ConfigError(
            str(error).replace("--bind", "--upstream").replace(", unix:/path or fd://number", " or unix:/path")
        ) from None
    if isinstance(address, UnixAddress):
        return f"unix:{address.path}"
    if isinstance(address, FdAddress) or not address.host:
        raise ConfigError(f"--upstream: {text!r} is no address to connect to; give host:port or unix:/path.")
    return f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"


def upstream(project: Project, given: Sequence[str], sheet: Sheet) -> None:
    servers = servers_of(project, given)
    where = (
        "--upstream"
        if given
        else project.why("bind" if project.config.bind else "uds" if project.config.uds else "port")
    )
    sheet.add(f"upstream {project.name} {{").indent(4)
    sheet.choice("All workers of Nginx know the same numbers.", f"zone {project.name}_upstream 128k;")
    sheet.choice(
        "A request goes where the fewest are under way: some take a thousand times as long as others.", "least_conn;"
    )
    sheet.choice(
        f"The servers: {where}. One that refuses is asked again after a second: long enough not to be in the way, short "
        "enough for one that is only restarted. Between two restarts leave two seconds.",
        *(f"server {one} max_fails=1 fail_timeout=1s;" for one in servers),
    )
    kept = project.config.timeout_keep_alive
    if kept:
        # Who closes first cannot lose a request to a connection that the other one is just closing.
        limit = max(round(min(kept * 0.8, kept - 0.1) * 1000), 1)
        sheet.choice(
            "Connections are kept for the next request, and closed here before the server does, so that none is sent into "
            f"a connection that closes: {project.why('timeout_keep_alive')}.",
            "keepalive 64;",
            f"keepalive_timeout {limit}ms;",
        )
    else:
        sheet.note(f"No connection is kept: {project.why('timeout_keep_alive')}.")
    sheet.indent(-4).add("}")
