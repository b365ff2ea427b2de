"""Which certificate, key and password belong together, where each option may be given several times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hanok.exceptions import ConfigError

# Constants of the ssl module that name one version, which is too old to be spoken (RFC 8996).
OLD_TLS = dict.fromkeys((0, 1, 3, 4), "it is too old (RFC 8996); leave it out, or give --ssl-min-version 1.2 or 1.3")


class CertificateFiles(NamedTuple):
    """One certificate of the server, as it is configured."""

    certfile: str
    keyfile: str | None = None  # None: in the same file
    password: str | None = None


def paired(certificates: Sequence[str], keys: Sequence[str], passwords: Sequence[str]) -> tuple[CertificateFiles, ...]:
    """The files of each certificate, in the order in which they were given. Raises ConfigError."""
    several = len(certificates)
    if keys and not certificates:
        raise ConfigError("--ssl-keyfile was given without --ssl-certfile; a server needs both.")
    if keys and len(keys) != several:
        raise ConfigError(
            f"--ssl-certfile was given {several} times and --ssl-keyfile {len(keys)} times; "
            "give a key for each certificate, in the same order, or none if the files hold both."
        )
    if len(passwords) > 1 and len(passwords) != several:
        raise ConfigError("--ssl-keyfile-password: give one for all keys, or one for each certificate.")
    if len(passwords) == 1:
        passwords = [passwords[0]] * several
    nothing: list[str | None] = [None] * several
    return tuple(map(CertificateFiles, certificates, keys or nothing, passwords or nothing))
