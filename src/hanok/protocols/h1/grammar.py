"""The grammar of a request head, as expressions, and the sizes that it may have (RFC 9110 §5, RFC 9112 §2–3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from hanok.exceptions import RemoteProtocolError

if TYPE_CHECKING:
    from hanok.protocols.services import Settings

# Every repetition below is possessive: no input makes an expression take more than one walk over it.
TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"  # RFC 9110 §5.6.2
PATH = rb"[!\"$->@-~]"  # visible ASCII but "?", and but "#": a fragment is never sent (RFC 9112 §3.2)
VALUE = rb"[\t -~\x80-\xff]*+"  # RFC 9110 §5.5: no CR, LF, NUL or other control character

FIELD = TOKEN + rb":" + VALUE
HEAD = re.compile(
    rb"(" + TOKEN + rb") ((/" + PATH + rb"*+)(?:\?([!\"$-~]*+))?+) HTTP/1\.([01])((?:\r\n" + FIELD + rb")*+\r\n)\r\n"
)
# Anchored by the CRLF before it, which a valid block has at the start of each field and nowhere else.
DECIDING = re.compile(
    rb"\r\n(host|connection|content-length|transfer-encoding|expect|upgrade"
    rb"|x-forwarded-(?:for|proto|host|prefix)|forwarded)"
    rb":[ \t]*+([^\r]*+)",
    re.IGNORECASE,
)
FIELDS = re.compile(rb"\r\n(" + TOKEN + rb"):[ \t]*+([^\r]*+)")

# RFC 9112 §3.2, RFC 3986 §3.2.2
HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]++\]|(?:[\w.~!$&'()*+,;=-]++|%[0-9A-Fa-f]{2})*+)(?::[0-9]{0,5}+)?", re.ASCII)
LENGTH = re.compile(rb"[0-9]{1,18}")
ABSOLUTE = re.compile(rb"https?://([^/?]++)(" + PATH + rb"*+)(?:\?([!\"$-~]*+))?", re.IGNORECASE)
METHOD = re.compile(TOKEN)
TARGET, VERSION, ONE_FIELD = re.compile(rb"[!\"$-~]++"), re.compile(rb"HTTP/[0-9]\.[0-9]"), re.compile(FIELD)


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """The sizes in bytes, and the number of fields, above which a head is refused."""

    line: int = 16384
    fields: int = 100
    field_size: int = 16384
    head: int = 65536
    unchecked: int = field(init=False)  # a head up to this size cannot be above any of the others

    def __post_init__(self) -> None:
        # The shortest field has four bytes: a name of one, the colon, CRLF.
        object.__setattr__(self, "unchecked", min(self.line, self.field_size, self.head, 4 * self.fields))

    @classmethod
    def of(cls, settings: Settings) -> HeadLimits:
        return cls(
            settings.limit_request_line,
            settings.limit_request_fields,
            settings.limit_request_field_size,
            settings.limit_request_head,
        )


DEFAULT_LIMITS = HeadLimits()


def check_sizes(lines: list[bytes], limits: HeadLimits) -> None:
    """Raise 414 or 431 if the lines of a head are too long or too many."""
    if len(lines[0]) > limits.line:
        refuse(f"the request line is longer than {limits.line} bytes", 414)
    if len(lines) - 1 > limits.fields:
        refuse(f"more than {limits.fields} header fields", 431)
    if sum(map(len, lines)) + 2 * len(lines) > limits.head:
        refuse(f"the request head is larger than {limits.head} bytes", 431)
    if any(len(line) > limits.field_size for line in lines[1:]):
        refuse(f"a header field is longer than {limits.field_size} bytes", 431)


def refuse(message: str, status: int = 400) -> NoReturn:
    raise RemoteProtocolError(message, status)
