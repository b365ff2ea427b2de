"""What ``hanok doctor`` looks at in an environment and in the options; each look gives findings."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanok.server.config import Config

FEW_FILES = 4096  # open files below which a server of many connections runs out of them
ENDS_SOON = timedelta(days=21)
HERE = {"127.0.0.1", "::1", "localhost", "unix:"}
LOOPBACK = ("127.", "localhost", "::1", "unix:", "fd:")


class Level(Enum):
    """How bad it is. Only what is wrong makes the command fail."""

    WRONG = "wrong"
    SLOW = "slow"
    NOTE = "note"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    level: Level
    subject: str
    found: str
    remedy: str = ""


def environment() -> Iterator[Finding]:
    """The interpreter, its packages, and what the system allows."""
    yield python()
    yield uvloop()
    yield core()
    yield from dropin()
    yield from open_files()


def python() -> Finding:
    version = platform.python_version()
    if sys.version_info < (3, 12):
        return Finding(
            Level.SLOW, "Python", f"{version}: requests begin one turn of the event loop later than from 3.12 on",
            "use Python 3.12 or newer",
        )  # fmt: skip
    if platform.python_implementation() != "CPython":
        return Finding(
            Level.NOTE, "Python", f"{platform.python_implementation()} {version}: Hanok is tested on CPython"
        )
    return Finding(Level.GOOD, "Python", version)


def uvloop() -> Finding:
    from hanok.cli.version import installed

    if find_spec("uvloop") is None:
        return Finding(
            Level.SLOW, "uvloop", "not installed: the event loop of the standard library is slower",
            f"{sys.executable} -m pip install uvloop",
        )  # fmt: skip
    return Finding(Level.GOOD, "uvloop", installed("uvloop"))


def core() -> Finding:
    """Whether the hot modules are compiled. What runs from its sources is not, and need not be."""
    from hanok.cli.version import describe

    if "core      compiled" in describe():
        return Finding(Level.GOOD, "core", "compiled")
    if "site-packages" not in Path(__file__).parts:
        return Finding(Level.NOTE, "core", "pure Python, because Hanok runs from its sources; installed, it is faster")
    return Finding(
        Level.SLOW, "core", "pure Python: there was no C compiler when Hanok was installed",
        f"{sys.executable} -m pip install --no-cache-dir --force-reinstall --no-deps hanok, with a C compiler (gcc)",
    )  # fmt: skip


def dropin() -> Iterator[Finding]:
    """What ``import fastapi`` means here."""
    from hanok.dropin import environment

    now = environment.status()
    real = ", ".join(f"{name} {version}" for name, version in now.real.items())
    if now.written is not None and not now.enabled:
        yield Finding(
            Level.WRONG, "drop-in", f"{now.file} was written by another version of Hanok",
            "hanok dropin disable, then hanok dropin enable",
        )  # fmt: skip
    elif now.enabled:
        rest = f"; the real {real} rests" if real else ""
        yield Finding(Level.GOOD, "drop-in", f"enabled: import fastapi means Hanok{rest}")
    elif real:
        yield Finding(
            Level.NOTE, "drop-in", f"not enabled: import fastapi means the real one ({real})",
            "if the application imports it: hanok dropin enable, or run with --dropin",
        )  # fmt: skip


def open_files() -> Iterator[Finding]:
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < FEW_FILES:
        most = "" if hard == resource.RLIM_INFINITY else f" ({hard} is the most that is allowed here)"
        yield Finding(
            Level.SLOW, "open files", f"{soft}: each connection is one, and a worker has no more",
            f"ulimit -n 65536{most}; LimitNOFILE=65536 in a systemd unit",
        )  # fmt: skip
    else:
        yield Finding(Level.GOOD, "open files", "no limit" if soft == resource.RLIM_INFINITY else str(soft))


# ---- the options


def options(config: Config) -> Iterator[Finding]:
    """What was chosen for a server, as ``hanok config`` shows it."""
    from hanok.app import debug_wanted

    yield workers(config)
    if config.loop == "asyncio":
        yield Finding(Level.SLOW, "event loop", "asyncio was chosen", "--loop auto, which takes uvloop")
    if debug_wanted():
        yield Finding(Level.WRONG, "debug", "HANOK_DEBUG is set: clients see tracebacks", "unset HANOK_DEBUG")
    if config.reload:
        yield Finding(Level.WRONG, "reload", "on: it is for development, and serves with one worker", "--no-reload")
    yield from limits(config)
    yield from trust(config)
    yield from certificates(config)


def workers(config: Config) -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    said = f"{config.workers} on {cores} core{'' if cores == 1 else 's'}"
    if config.workers > 2 * cores:
        return Finding(
            Level.SLOW, "workers", f"{said}: they take turns, and each needs its memory", f"--workers {cores}"
        )
    if config.workers < cores:
        idle = "the other cores are idle" if cores - config.workers > 1 else "the other core is idle"
        return Finding(Level.NOTE, "workers", f"{said}: {idle}", f"--workers {cores}, if the machine is for this alone")
    return Finding(Level.GOOD, "workers", said)


def limits(config: Config) -> Iterator[Finding]:
    if config.max_body_size is None:
        yield Finding(
            Level.WRONG, "max_body_size", "none: one client can fill memory or disk", "--max-body-size 10485760, say"
        )
    elif config.max_body_size == 0:
        yield Finding(
            Level.NOTE, "max_body_size", "0: a request with a body is refused (413)", "--max-body-size 10485760, say"
        )
    else:
        yield Finding(Level.GOOD, "max_body_size", size(config.max_body_size))
    if config.timeout_graceful_shutdown is None:
        yield Finding(
            Level.NOTE, "timeout_graceful_shutdown", "none: one long request keeps a server from stopping",
            "--timeout-graceful-shutdown 30",
        )  # fmt: skip
    if config.timeout_worker_healthcheck is None:
        yield Finding(
            Level.NOTE, "timeout_worker_healthcheck", "none: a worker that is stuck stays so",
            "--timeout-worker-healthcheck 30",
        )  # fmt: skip
    if config.min_data_rate == 0:
        yield Finding(
            Level.NOTE, "min_data_rate", "0: clients may send as slowly as they like", "leave the option out (240)"
        )


def size(count: int) -> str:
    """For people: 1 GiB, 1.5 MiB, 100 bytes."""
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if count >= 1 << power:
            return f"{count / (1 << power):.4g} {unit}"
    return f"{count} bytes"


def trust(config: Config) -> Iterator[Finding]:
    """Who may say in headers who the client is."""
    addresses = config.bind or ((f"unix:{config.uds}",) if config.uds else (config.host,))
    is_open = not all(address.startswith(LOOPBACK) or address.startswith("[::1]") for address in addresses)
    if config.proxy_headers and "*" in config.forwarded_allow_ips:
        yield Finding(
            Level.WRONG if is_open else Level.NOTE, "forwarded_allow_ips", "*: every client may say what its address is",
            "--forwarded-allow-ips with the addresses of the proxies",
        )  # fmt: skip
    elif config.proxy_headers and is_open and not config.is_tls and set(config.forwarded_allow_ips) <= HERE:
        yield Finding(
            Level.NOTE, "forwarded_allow_ips", "this machine only: a proxy on another one would seem to be every client",
            "--forwarded-allow-ips with the addresses of the proxies, if there are any",
        )  # fmt: skip
    if config.admin_bind is not None and not config.admin_bind.startswith((*LOOPBACK, "[::1]")):
        yield Finding(
            Level.NOTE, "admin_bind", f"{config.admin_bind}: /metrics and /status have no password",
            "--admin-bind 127.0.0.1:9000, or a network that only operators reach",
        )  # fmt: skip


def certificates(config: Config) -> Iterator[Finding]:
    """Until when the certificates of the server are good."""
    from hanok.server.certificate import read_certificate

    now = datetime.now(UTC)
    for files in config.certificates:
        name = f"TLS {Path(files.certfile).name}"
        try:
            found = read_certificate(Path(files.certfile).read_text("utf-8", "replace"))
        except (OSError, ValueError) as error:
            yield Finding(
                Level.WRONG, name, f"cannot be read: {error}", "--ssl-certfile with a certificate chain in PEM"
            )
            continue
        until = f"{found.ends:%Y-%m-%d}"
        names = f", for {', '.join(found.names)}" if found.names else ""
        if found.ends <= now:
            yield Finding(
                Level.WRONG, name, f"expired on {until}{names}", "renew it; SIGHUP makes a server read it again"
            )
        elif found.begins > now:
            yield Finding(
                Level.WRONG, name, f"not valid before {found.begins:%Y-%m-%d}{names}", "look at the clock, too"
            )
        elif found.ends - now < ENDS_SOON:
            yield Finding(Level.WRONG, name, f"ends in {(found.ends - now).days} days, on {until}{names}", "renew it")
        else:
            yield Finding(Level.GOOD, name, f"good until {until}{names}")
