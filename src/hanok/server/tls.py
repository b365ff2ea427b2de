"""The TLS context that the ``ssl_*`` options describe."""

from __future__ import annotations

import ssl

from hanok.exceptions import ConfigError
from hanok.server.config import Config


def context_of(config: Config) -> ssl.SSLContext | None:
    """None without a certificate. Raises ConfigError that names the file that does not work."""
    if not config.certificates:
        return None
    certificate = config.certificates[0]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate.certfile, certificate.keyfile, certificate.password or (lambda: ""))
    except (OSError, ValueError) as error:
        files = certificate.certfile + (f" and {certificate.keyfile}" if certificate.keyfile else "")
        raise ConfigError(f"--ssl-certfile: cannot load {files}: {error}.") from None
    context.verify_mode = ssl.VerifyMode(config.ssl_cert_reqs)
    if config.ssl_ca_certs is not None:
        try:
            context.load_verify_locations(config.ssl_ca_certs)
        except OSError as error:
            raise ConfigError(f"--ssl-ca-certs: cannot load {config.ssl_ca_certs}: {error}.") from None
    if config.ssl_ciphers is not None:
        try:
            context.set_ciphers(config.ssl_ciphers)
        except ssl.SSLError:
            raise ConfigError(f"--ssl-ciphers: OpenSSL knows no cipher in {config.ssl_ciphers!r}.") from None
    context.set_alpn_protocols(["http/1.1"])
    return context
