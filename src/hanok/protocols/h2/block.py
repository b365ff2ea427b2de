"""Header blocks as they arrive (RFC 7541). The engine reads them; here is only whether one changes how the next is read."""

from __future__ import annotations

INDEXED, ADDED, RESIZED = 0x80, 0x40, 0x20  # RFC 7541 §6: the highest bit that is set says what follows
MANY, NAME = 0x7F, 0x0F  # a number that is as large as its bits allow goes on in the next bytes (§5.1)


def keeps_table(block: bytes) -> bool:
    """Whether a header block, as far as it is good, leaves the dynamic table as it is: then the same bytes mean the same fields
    again, if no other block comes in between. False too for what is rare: numbers of several bytes, strings above 126 bytes.
    """
    text = block  # a pointer, when compiled
    size = len(block)
    at = 0
    while at < size:
        first = text[at]
        at += 1
        if first & INDEXED:  # a field of the table (§6.1)
            if first & MANY == MANY:
                return False
            continue
        if first & (ADDED | RESIZED):  # a field that is added to the table (§6.2.1), or another size of it (§6.3)
            return False
        # A literal that is not added (§6.2.2, §6.2.3): with a name from the table only its value follows.
        if first & NAME == NAME:
            return False
        for _ in range(1 if first & NAME else 2):
            if at >= size or text[at] & MANY == MANY:
                return False
            at += 1 + (text[at] & MANY)
    return at == size
