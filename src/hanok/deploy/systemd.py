"""``hanok export systemd``: a service and the socket that it is given."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from hanok.deploy.container import KILL_AFTER, SPARE
from hanok.deploy.project import Project
from hanok.deploy.sheet import Sheet
from hanok.exceptions import ConfigError
from hanok.server.addresses import Address, FdAddress, UnixAddress
from hanok.server.listeners import addresses_of

WATCHDOG = 30  # seconds
HOMES = ("/home/", "/root/", "/run/user/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the project will be on the machine that runs it."""

    directory: str  # absolute
    environment: str = sys.prefix  # the virtual environment
    user: str | None = None


def export(project: Project, place: Place) -> dict[str, str]:
    """Raises ConfigError for options that systemd cannot serve by."""
    return {f"{project.name}.service": service(project, place), f"{project.name}.socket": socket(project)}


def header(project: Project, what: str) -> Sheet:
    sheet = Sheet()
    sheet.note(f"{project.name}: {project.target}, served by Hanok. Written by: hanok export systemd")
    sheet.note(what)
    return sheet


# ---- the socket


def socket(project: Project) -> str:
    sheet = header(project, "systemd listens, and hands the sockets over.")
    sheet.gap().add("[Unit]", f"Description=Sockets of {project.name}").gap().add("[Socket]")
    config = project.config
    where = "bind" if config.bind else "uds" if config.uds else "host"
    sheet.note(
        "They stay open while the service restarts: who connects meanwhile waits and is not refused. systemd opens them as "
        f"root, so a port below 1024 needs no privilege of the service. {project.why(where)}"
        + (f"; {project.why('port')}." if where == "host" else ".")
    )
    listens = [listen(project, address) for address in addresses_of(config)]
    sheet.add(*(f"ListenStream={one}" for one in listens))
    if any(one.startswith("/") for one in listens):
        mode = 0o666 if config.uds_permissions is None else config.uds_permissions
        sheet.choice(f"Who may connect: {project.why('uds_permissions')}.", f"SocketMode={mode:04o}")
    if any(one.startswith("[") for one in listens):
        both = "both" if any(one.startswith("[::]") for one in listens) else "ipv6-only"
        sheet.choice("Whether IPv6 takes IPv4 along.", f"BindIPv6Only={both}")
    sheet.choice(project.why("backlog") + ".", f"Backlog={config.backlog}")
    if config.reuse_port:
        sheet.note(f"One socket for all workers here: {project.why('reuse_port')} means nothing.")
    return sheet.gap().add("[Install]", "WantedBy=sockets.target").text()


def listen(project: Project, address: Address) -> str:
    if isinstance(address, FdAddress):
        raise ConfigError(f"{project.why('bind', 'fd')}: systemd hands the descriptors over itself; name an address.")
    if isinstance(address, UnixAddress):
        return str(Path("/", address.path)) if address.path.startswith("/") else f"/run/{project.name}/{address.path}"
    host, port = address.host, address.port
    if host in ("", "0.0.0.0", "::"):
        # Of a bare port systemd makes IPv6 with IPv4 in it.
        return {"": str(port), "0.0.0.0": f"0.0.0.0:{port}", "::": f"[::]:{port}"}[host]
    if host == "localhost":
        host = "127.0.0.1"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# ---- the service


def service(project: Project, place: Place) -> str:
    sheet = header(project, f"Put it into /etc/systemd/system/, then: systemctl enable --now {project.name}.socket")
    sheet.gap().add(
        "[Unit]",
        f"Description={project.name}, served by Hanok",
        f"Requires={project.name}.socket",
        f"After={project.name}.socket network-online.target",
        "Wants=network-online.target",
    )
    sheet.gap().add("[Service]")
    life(project, place, sheet)
    sheet.gap()
    ends(project, sheet)
    sheet.gap()
    files(project, place, sheet)
    sheet.gap()
    hardening(project, place, sheet)
    sheet.gap().choice("Also without a first connection.", "[Install]", "WantedBy=multi-user.target")
    return sheet.text()


def life(project: Project, place: Place, sheet: Sheet) -> None:
    config = project.config
    sheet.choice(
        "The server says when it is ready: a worker has imported the application, has run its start-up and accepts.\n"
        "NotifyAccess=all, because after USR2 it is a new supervisor that says so.",
        "Type=notify",
        "NotifyAccess=all",
    )
    sheet.choice(
        f"The options are those of [tool.hanok] in pyproject.toml of this directory: {project.why('workers')}.",
        f"WorkingDirectory={escaped(place.directory)}",
        f"ExecStart={escaped(place.environment)}/bin/hanok run {escaped(project.target)}",
    )
    sheet.choice(
        "HUP replaces the workers one by one: the new one has to serve before the old one is told to finish.",
        "ExecReload=/bin/kill -HUP $MAINPID",
    )
    sheet.choice(
        "Secrets and what differs between machines, as HANOK_WORKERS=4; readable by root alone, and need not be there.",
        f"EnvironmentFile=-/etc/{project.name}.env",
    )
    unneeded = {
        "user": "systemd has chosen the user already",
        "group": "systemd has chosen the group already",
        "pidfile": "systemd knows the process",
        "reload": "reloading is for development",
    }
    for name, why in unneeded.items():
        if getattr(config, name):
            value = "off" if name == "reload" else "none"
            sheet.choice(f"{why.capitalize()}: {project.why(name)}.", f"Environment=HANOK_{name.upper()}={value}")


def ends(project: Project, sheet: Sheet) -> None:
    config = project.config
    boot = config.timeout_worker_boot
    sheet.choice(
        f"Until ready: {project.why('timeout_worker_boot')}, and a little.",
        f"TimeoutStartSec={'infinity' if boot is None else round(boot + SPARE)}",
    )
    graceful = config.timeout_graceful_shutdown
    sheet.choice(
        f"TERM drains. {project.why('timeout_graceful_shutdown')}; {KILL_AFTER} s later the supervisor kills what is left, "
        "and systemd comes after that. The TERM goes to the supervisor, which tells its workers; the KILL to all.",
        f"TimeoutStopSec={'infinity' if graceful is None else round(graceful + KILL_AFTER + SPARE)}",
        "KillMode=mixed",
    )
    sheet.choice(
        "The supervisor replaces workers itself; this is for the day on which it fails, or is silent. A wrong option (exit "
        "code 2) does not become right by trying again.",
        "Restart=always",
        "RestartSec=1",
        "RestartPreventExitStatus=2",
        f"WatchdogSec={WATCHDOG}",
    )


def files(project: Project, place: Place, sheet: Sheet) -> None:
    config = project.config
    sheet.choice("A connection is an open file.", "LimitNOFILE=65536")
    sheet.choice(
        f"What it writes is for itself alone, unless an option says otherwise: {project.why('umask')}.",
        f"UMask={(config.umask or '077').zfill(4)}",
    )
    sheet.choice(
        f"The one place for files that it keeps: /var/lib/{project.name}, which $STATE_DIRECTORY names.",
        f"StateDirectory={project.name}",
    )
    folders = {
        str((Path(place.directory) / path).parent)
        for path in (config.access_log_file, config.error_log_file)
        if path is not None and path != "-"
    }
    if folders:
        why = project.why(*(name for name in ("access_log_file", "error_log_file") if getattr(config, name)))
        sheet.choice(f"Logs are written here: {why}.", f"ReadWritePaths={' '.join(map(escaped, sorted(folders)))}")


def hardening(project: Project, place: Place, sheet: Sheet) -> None:
    user = place.user or project.config.user
    if user is None:
        sheet.choice(
            "A user that exists only while the service runs. --user names one of the machine.", "DynamicUser=yes"
        )
    else:
        who = "--user" if place.user else project.why("user")
        sheet.choice(f"Not root: {who}.", f"User={user}")
        if project.config.group and not place.user:
            sheet.choice(project.why("group") + ".", f"Group={project.config.group}")
    at_home = any((path.rstrip("/") + "/").startswith(HOMES) for path in (place.directory, place.environment))
    sheet.choice(
        "What a web application never does is forbidden, so that what breaks into it cannot either. systemd-analyze "
        "security tells the rest. The system is read-only"
        + (", and so are homes, where this project lies." if at_home else ", and homes are not seen at all."),
        "ProtectSystem=strict",
        f"ProtectHome={'read-only' if at_home else 'yes'}",
        "PrivateTmp=yes",
        "PrivateDevices=yes",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "AmbientCapabilities=",
        "ProtectKernelTunables=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelLogs=yes",
        "ProtectControlGroups=yes",
        "ProtectClock=yes",
        "ProtectHostname=yes",
        "ProtectProc=invisible",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "RestrictNamespaces=yes",
        "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes",
        "RemoveIPC=yes",
        "LockPersonality=yes",
        "SystemCallArchitectures=native",
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged @resources",
        "SystemCallErrorNumber=EPERM",
    )
    sheet.note(
        "Not MemoryDenyWriteExecute: libraries that compile at run time (numba, regular expressions) need it off."
    )


def escaped(text: str) -> str:
    """For a line of a unit: specifiers begin with a percent sign, and words are parted by spaces (systemd.unit(5))."""
    return text.replace("%", "%%").replace("\\", "\\\\").replace(" ", "\\x20")
