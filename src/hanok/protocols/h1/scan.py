"""``parse_head`` once more, written for the compiler: one walk over the bytes instead of two expressions.

It accepts what ``grammar.HEAD`` matches and nothing else; the tests hold the two together, form by form. Whatever it does
not accept goes where the other sends it. Uncompiled it would be slow, so ``head`` takes it only when it was compiled:
``scan.pxd`` beside it gives the C types.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hanok.protocols.h1.grammar import DEFAULT_LIMITS, HOST, PATH, TOKEN, VALUE, check_sizes
from hanok.protocols.h1.head import METHODS, RequestHead, decide, other_method, unquoted

if TYPE_CHECKING:
    from hanok.protocols.h1.grammar import HeadLimits

COMPILED = not __file__.endswith(".py")

IN_TOKEN, IN_PATH, IN_QUERY, IN_VALUE, IN_NAME = 1, 2, 4, 8, 16


def _kinds() -> bytes:
    """For each byte, the parts of a head that it may be in: read out of the grammar, so that nothing is said twice."""
    parts = {IN_TOKEN: TOKEN, IN_PATH: PATH, IN_QUERY: rb'[!"$-~]', IN_VALUE: VALUE, IN_NAME: rb"[\w.-]"}
    of = [bytes([byte]) for byte in range(256)]
    return bytes(sum(part for part, form in parts.items() if re.fullmatch(form, byte)) for byte in of)


# The first letters of the fields that decide about framing (``grammar.DECIDING``), at the length of their names.
def _first_letters() -> bytes:
    letters = bytearray(32)
    for name in FIELDS_THAT_DECIDE:
        letters[len(name)] = name[0]
    letters[len(b"transfer-encoding")] = ord("t")
    return bytes(letters)


FIELDS_THAT_DECIDE = frozenset(
    b"host connection content-length transfer-encoding expect upgrade"
    b" x-forwarded-for x-forwarded-proto x-forwarded-host x-forwarded-prefix forwarded".split()
)
_KINDS, _LETTERS = _kinds(), _first_letters()
_METHODS = METHODS
KINDS, LETTERS = _KINDS, _LETTERS  # pointers, when compiled


def scan_head(
    data: bytes, start: int = 0, limits: HeadLimits = DEFAULT_LIMITS, previous: RequestHead | None = None
) -> RequestHead | None:
    """As ``head.parse_head``."""
    head = _scan(data, start, limits, previous)
    if head is None:
        from hanok.protocols.h1.unusual import explain  # imports this module

        return explain(data, start, limits)
    return head


def scan_host(value: bytes) -> object:
    """As ``HOST.fullmatch``: not None if this is a host. Most are a name or an address, and perhaps a port."""
    text = value
    size = len(value)
    at = 0
    while at < size and KINDS[text[at]] & IN_NAME:
        at += 1
    if at < size and text[at] == 0x3A:  # ":"
        at += 1
        port_at = at
        while at < size and 0x30 <= text[at] <= 0x39:
            at += 1
        if at - port_at > 5:
            return None
    return True if at == size else HOST.fullmatch(value)


def repeats(data: bytes, at: int, block: bytes) -> bool:
    """Whether the header section that begins here is ``block``, and ends with it."""
    text, other = data, block
    size = len(block)
    if size == 0 or at + size + 2 > len(data):
        return False
    place = 0
    while place < size:
        if text[at + place] != other[place]:
            return False
        place += 1
    return text[at + size] == 0x0D and text[at + size + 1] == 0x0A


def _scan(data: bytes, start: int, limits: HeadLimits, previous: RequestHead | None) -> RequestHead | None:
    """The head, or None where ``grammar.HEAD`` would not match."""
    text = data
    size = len(data)
    at = start
    while at < size and KINDS[text[at]] & IN_TOKEN:
        at += 1
    if at == start or at + 1 >= size or text[at] != 0x20 or text[at + 1] != 0x2F:
        return None
    method = text[start:at]
    at += 1
    target_at = path_end = at
    is_plain = True
    while at < size and KINDS[text[at]] & IN_PATH:
        if text[at] == 0x25:  # "%"
            is_plain = False
        at += 1
    path_end = at
    if at < size and text[at] == 0x3F:  # "?"
        at += 1
        while at < size and KINDS[text[at]] & IN_QUERY:
            at += 1
    if at + 9 >= size or text[at : at + 8] != b" HTTP/1.":
        return None
    target_end = at
    minor = text[at + 8]
    if minor != 0x31 and minor != 0x30:
        return None
    at += 9
    block_at = at
    is_11 = minor == 0x31
    found = None
    if previous is not None and (previous.http_version == "1.1") is is_11 and repeats(data, at, previous.block):
        at += len(previous.block)
    else:
        previous = None
        found = []
        while True:
            if at + 3 >= size or text[at] != 0x0D or text[at + 1] != 0x0A:
                return None
            at += 2
            if text[at] == 0x0D:
                break
            name_at = at
            while at < size and KINDS[text[at]] & IN_TOKEN:
                at += 1
            name_end = at
            if at == name_at or at >= size or text[at] != 0x3A:  # ":"
                return None
            at += 1
            while at < size and (text[at] == 0x20 or text[at] == 0x09):
                at += 1
            value_at = at
            while at < size and KINDS[text[at]] & IN_VALUE:
                at += 1
            length = name_end - name_at
            if length < 19:
                letter = text[name_at] | 0x20
                if letter == LETTERS[length] or (length == 17 and letter == 0x78):
                    name = text[name_at:name_end].lower()
                    if name in FIELDS_THAT_DECIDE:
                        found.append((name, text[value_at:at]))
        if text[at + 1] != 0x0A:
            return None
    head = RequestHead()
    end = at + 2
    head.end = end
    if end - start > limits.unchecked:
        check_sizes(data[start : end - 4].split(b"\r\n"), limits)
    head.method = _METHODS.get(method) or other_method(method)
    raw_path = text[target_at:path_end]
    head.raw_path = raw_path
    if path_end == target_end:
        head.target = raw_path
        head.query = b""
    else:
        head.target = text[target_at:target_end]
        head.query = text[path_end + 1 : target_end]
    path = raw_path.decode("ascii")
    head.path = path if is_plain else unquoted(path)
    head.http_version = "1.1" if is_11 else "1.0"
    if previous is not None:
        head.block = previous.block
        head.take_decisions(previous)
    else:
        head.block = text[block_at:at]
        head._fields = None
        decide(head, found)
    return head
