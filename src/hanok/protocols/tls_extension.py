"""The TLS extension of ASGI: what a scope says of the connection's TLS and of the client's certificate.

https://asgi.readthedocs.io/en/latest/specs/tls.html. Made when a scope is, once for each connection.
"""

from __future__ import annotations

import ssl
from typing import Any
from weakref import WeakKeyDictionary

# RFC 8446 §4.2.1
VERSIONS = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}

# RFC 4514 §3: the short names of attributes, by those that the ssl module gives.
SHORT = {
    "commonName": "CN",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "streetAddress": "STREET",
    "domainComponent": "DC",
    "userId": "UID",
}
SPECIAL = frozenset('"+,;<>\\')

_known: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


def with_tls(extensions: dict[str, Any], transport: Any) -> dict[str, Any]:
    """The extensions of a scope, and ``tls`` among them if the connection has it."""
    tls = transport.get_extra_info("ssl_object")
    if tls is not None:
        found = _known.get(tls)
        if found is None:
            found = _known[tls] = describe(tls)
        extensions["tls"] = found
    return extensions


def describe(tls: ssl.SSLObject) -> dict[str, Any]:
    subject = (tls.getpeercert() or {}).get("subject")
    return {
        "server_cert": None,  # which of several it was is not known here
        "client_cert_chain": client_chain(tls),
        "client_cert_name": None if subject is None else distinguished_name(subject),
        "client_cert_error": None,  # what does not verify gets no connection
        "tls_version": VERSIONS.get(tls.version() or ""),
        "cipher_suite": cipher_suite(tls),
    }


def client_chain(tls: ssl.SSLObject) -> list[str]:
    """PEM, the client's own certificate first. Before Python 3.13 only that one can be had."""
    own = tls.getpeercert(binary_form=True)
    if not own:
        return []
    unverified = getattr(tls, "get_unverified_chain", None)
    return [ssl.DER_cert_to_PEM_cert(one) for one in (unverified() if unverified is not None else [own])]


def cipher_suite(tls: ssl.SSLObject) -> int | None:
    """The number of the suite, two bytes (RFC 8446 §B.4)."""
    used = tls.cipher()
    known = {one["name"]: one["id"] & 0xFFFF for one in tls.context.get_ciphers()}
    return None if used is None else known.get(used[0])


def distinguished_name(subject: Any) -> str:
    """RFC 4514 §2: the last part first, several attributes of a part joined by a plus."""
    parts = ("+".join(f"{SHORT.get(kind, kind)}={escape(value)}" for kind, value in part) for part in reversed(subject))
    return ",".join(parts)


def escape(value: str) -> str:
    """RFC 4514 §2.4."""
    escaped = "".join("\\" + one if one in SPECIAL else "\\00" if one == "\0" else one for one in value)
    if escaped.startswith((" ", "#")):
        escaped = "\\" + escaped
    if value.endswith(" ") and len(value) > 1:
        escaped = escaped[:-1] + "\\ "
    return escaped
