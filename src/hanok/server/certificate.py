"""What a server must know of its own certificates: the names they are for, and until when they are good.

The ssl module tells it of peers only, so the two fields are read from the DER here (RFC 5280 §4.1, X.690 §8.1).
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

SEQUENCE, OCTET_STRING, OID, UTC_TIME, EXTENSIONS = 0x30, 0x04, 0x06, 0x17, 0xA3
DNS_NAME = 0x82  # RFC 5280 §4.2.1.6, GeneralName [2]
SUBJECT_ALT_NAME = bytes((0x55, 0x1D, 0x11))  # 2.5.29.17


class Certificate(NamedTuple):
    names: tuple[str, ...]  # DNS names, in lower case; ``*.example.org`` as it is
    begins: datetime
    ends: datetime


def read_certificate(pem: str) -> Certificate:
    """The first certificate of a PEM text, which is the server's own (RFC 8446 §4.4.2). Raises ValueError."""
    found = PEM.search(pem)
    if found is None:
        raise ValueError("there is no certificate in it")
    try:
        return decode(ssl.PEM_cert_to_DER_cert(found[0]))
    except (ValueError, IndexError, StopIteration) as error:
        raise ValueError(f"the certificate cannot be read ({error})") from None


def decode(der: bytes) -> Certificate:
    """Certificate → TBSCertificate → validity and extensions."""
    ((_, whole),) = elements(der)
    fields = list(elements(next(elements(whole))[1]))
    # The version is the only optional field before the validity, and has a tag of its own.
    sequences = [content for tag, content in fields if tag == SEQUENCE]
    begins, ends = (moment(tag, content) for tag, content in elements(sequences[2]))
    names: tuple[str, ...] = ()
    for tag, content in fields:
        if tag == EXTENSIONS:
            names = alternative_names(next(elements(content))[1])
    return Certificate(names, begins, ends)


def alternative_names(extensions: bytes) -> tuple[str, ...]:
    for _, extension in elements(extensions):
        parts = list(elements(extension))
        if parts[0] == (OID, SUBJECT_ALT_NAME):
            tag, content = parts[-1]  # between them may stand whether it is critical
            if tag != OCTET_STRING:
                raise ValueError("its alternative names have no value")
            general_names = elements(next(elements(content))[1])
            return tuple(name.decode("ascii").lower() for kind, name in general_names if kind == DNS_NAME)
    return ()


def moment(tag: int, content: bytes) -> datetime:
    """RFC 5280 §4.1.2.5: two digits of the year until 2049, four from 2050, always in UTC."""
    text = content.decode("ascii")
    if tag == UTC_TIME:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The tags and contents that stand one after the other. Lengths have the definite form in DER."""
    at = 0
    while at < len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            raise ValueError("it is cut short")
        yield tag, data[at : at + length]
        at += length
