"""TLS: the contexts that the ``ssl_*`` options describe, the choice among them, and new certificates.

Listeners are given one context for good, ``Certificates.context``. For each handshake its SNI callback puts the
context of the right certificate in its place, so what was loaded last is what new connections see; those that are
open keep what they have.
"""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hanok.exceptions import ConfigError
from hanok.server.certificate import Certificate, read_certificate
from hanok.server.http2 import http2_factory
from hanok.server.tls_errors import cannot_load, readable

if TYPE_CHECKING:
    from hanok.server.config import Config
    from hanok.server.config_certificates import CertificateFiles

logger = logging.getLogger("hanok.error")

LOOK_EVERY = 2.0  # seconds between two looks at the files
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
# Forward secrecy and authenticated encryption, the list that Mozilla calls intermediate without finite-field
# Diffie-Hellman; all of it is good for HTTP/2 too (RFC 9113, appendix A). TLS 1.3 has a list of its own.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


def alpn_of(config: Config) -> list[str]:
    """The protocols that are offered in the handshake (RFC 7301), the one we prefer first."""
    return ["h2", "http/1.1"] if http2_factory(config) is not None else ["http/1.1"]


class Certificates:
    """The certificates of a server. Raises ConfigError that names the file that does not work."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._seen = self._stamps()
        self._looked = 0.0
        self._chosen = self._load()
        self.context = make_context(config, config.certificates[0])
        self.context.sni_callback = self._choose

    def _choose(self, tls: ssl.SSLObject, name: str | None, first: ssl.SSLContext) -> None:
        """Called in each handshake, also in one that names no server (RFC 6066 §3)."""
        tls.context = self._chosen.for_name(name)

    def renew(self) -> None:
        """Load the files again: new connections see what is in them now. Raises ConfigError, and then all stays."""
        self._seen = self._stamps()
        self._chosen = self._load()
        logger.info("new certificates: %s", self._chosen)

    def look(self, now: float) -> None:
        """Renew if a file has changed; ``now`` is the loop's clock. What cannot be loaded is told and left."""
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        if self._stamps() == self._seen:
            return
        try:
            self.renew()
        except ConfigError as error:
            # Often the certificate has come and its key is yet to: the next change is looked at again.
            logger.warning("the certificates have changed and the old ones stay in use: %s", error)

    def _load(self) -> Chosen:
        return Chosen([(make_context(self.config, one), checked(one)) for one in self.config.certificates])

    def _stamps(self) -> list[tuple[int, int, int] | None]:
        return [stamp(path) for path in self._paths()]

    def _paths(self) -> Iterator[str]:
        for one in self.config.certificates:
            yield one.certfile
            if one.keyfile:
                yield one.keyfile
        if self.config.ssl_ca_certs:
            yield self.config.ssl_ca_certs


class Chosen:
    """Contexts by the names of their certificates. The first is for everybody else."""

    def __init__(self, loaded: list[tuple[ssl.SSLContext, Certificate]]) -> None:
        self.first = loaded[0][0]
        self.certificates = [certificate for _, certificate in loaded]
        self.by_name: dict[str, ssl.SSLContext] = {}
        for context, certificate in loaded:
            for name in certificate.names:
                self.by_name.setdefault(name, context)

    def for_name(self, name: str | None) -> ssl.SSLContext:
        if not name:
            return self.first
        name = name.lower().rstrip(".")
        found = self.by_name.get(name)
        if found is None:
            # A wildcard stands for one label, the first (RFC 9525 §6.3).
            found = self.by_name.get("*." + name.partition(".")[2])
        return found or self.first

    def __str__(self) -> str:
        return "; ".join(f"{', '.join(one.names)} until {one.ends:%Y-%m-%d}" for one in self.certificates)


def context_of(config: Config) -> ssl.SSLContext | None:
    """None without a certificate. Raises ConfigError that names the file that does not work."""
    return Certificates(config).context if config.is_tls else None


def make_context(config: Config, files: CertificateFiles) -> ssl.SSLContext:
    """A context with one certificate and all that the options say."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = VERSIONS[config.ssl_min_version]
    if config.ssl_version == ssl.PROTOCOL_TLSv1_2:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    # A client that renegotiates makes us work for nothing, and TLS 1.3 has done away with it.
    context.options |= ssl.OP_NO_RENEGOTIATION
    load_chain(context, files)
    context.verify_mode = ssl.VerifyMode(config.ssl_cert_reqs)
    if config.ssl_ca_certs is not None:
        try:
            is_directory = os.path.isdir(config.ssl_ca_certs)
            context.load_verify_locations(**{"capath" if is_directory else "cafile": config.ssl_ca_certs})
        except OSError as error:
            raise cannot_load("--ssl-ca-certs", config.ssl_ca_certs, error) from None
    elif config.ssl_cert_reqs:
        raise ConfigError("--ssl-cert-reqs: client certificates need --ssl-ca-certs, the authorities that are trusted.")
    try:
        context.set_ciphers(config.ssl_ciphers or CIPHERS)
    except ssl.SSLError:
        raise ConfigError(f"--ssl-ciphers: OpenSSL knows no cipher in {config.ssl_ciphers!r}.") from None
    context.set_alpn_protocols(alpn_of(config))
    return context


def load_chain(context: ssl.SSLContext, files: CertificateFiles) -> None:
    """Certificate and key. The usual mistakes are looked for before OpenSSL is asked, which says little."""
    is_encrypted = readable(files)
    try:
        context.load_cert_chain(files.certfile, files.keyfile, files.password or (lambda: ""))
    except ssl.SSLError as error:
        where = files.certfile + (f" and {files.keyfile}" if files.keyfile else "")
        key = files.keyfile or files.certfile
        if error.reason == "KEY_VALUES_MISMATCH":
            raise ConfigError(
                f"--ssl-keyfile: the key in {key} does not belong to the certificate in {files.certfile}; "
                "give the key that the certificate was requested with."
            ) from None
        if is_encrypted:
            raise ConfigError(f"--ssl-keyfile-password: it does not open the key in {key}.") from None
        raise ConfigError(f"--ssl-certfile: cannot load {where}: {error}.") from None


def checked(files: CertificateFiles) -> Certificate:
    """What the certificate says of itself; a warning if it is not good today."""
    with open(files.certfile, encoding="utf-8", errors="replace") as file:
        try:
            certificate = read_certificate(file.read())
        except ValueError as error:
            raise ConfigError(f"--ssl-certfile: cannot load {files.certfile}: {error}.") from None
    now = datetime.now(UTC)
    if certificate.ends < now:
        logger.warning("%s: the certificate expired on %s; renew it", files.certfile, f"{certificate.ends:%Y-%m-%d}")
    elif certificate.begins > now:
        begins = f"{certificate.begins:%Y-%m-%d %H:%M} UTC"
        logger.warning("%s: the certificate is good only from %s on; is the clock right?", files.certfile, begins)
    return certificate


def stamp(path: str) -> tuple[int, int, int] | None:
    """Changes when the file does, or what a link leads to."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
