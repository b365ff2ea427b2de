"""Streams with structure: request lines, fields, bodies and chunks of the corpus's pieces, several on one connection.

All of it follows from the random generator that is given: the same seed, the same streams. (Hypothesis would shorten what it
finds by itself, but takes a hundred times as long to make one of these; ``shorten`` does it here.)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random

from conformance.differential.mutate import CHANGES, FIELDS, HOST, LINES, NASTY, SENTINEL, SIZES
from conformance.fuzz.corpus import corpus

CRLF = b"\r\n"
ENDS = (*(CRLF,) * 8, b"\n", b"\r", b"\r\r\n", b"\n\r", b" \r\n", b"", b"\r\n\r\n", b"\r\n ")
COMMON = (b"Accept: */*", b"User-Agent: fuzz", b"Cookie: a=b", b"X-Forwarded-For: 1.2.3.4", b"A-name-of-17-bytes: 1")
METHODS = (b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"BREW", b"get", b"G", b"PRI", b"CONNECT")
TARGETS = (b"/%41%00", b"/?", b"/??a", b"//a", b"*", b"http://b/x?y", b"https://b", b"/" + b"a" * 500)
NAMES = (b"X", b"Host", b"Content-Length", b"Transfer-Encoding", b"Connection", b"Expect", b"Upgrade", b"Forwarded")
WORDS = (
    *NASTY,
    b"chunked",
    b"close",
    b"keep-alive",
    b"upgrade",
    b"websocket",
    b"100-continue",
    b"5",
    b"1",
    b"a",
    b"b.c",
)
EXTENSIONS = (*(b"",) * 30, b";a", b";a=b", b';a="b;c"', b"; a", b";", b";\n", b";a=" + b"b" * 1100)
LAST_CHUNKS = (b"0", b"0", b"0", b"0", b"000", b"0;a=b", b"00;a", b"")

Stream = tuple[bytes, tuple[int, ...]]  # and the places where it is cut into pieces


@cache
def known_lines() -> tuple[bytes, ...]:
    """Every line of the corpus, once."""
    return tuple(sorted({line for case in corpus() for line in case.data.split(CRLF) if 0 < len(line) < 200}))


def an_end(random: Random, is_clean: bool) -> bytes:
    return CRLF if is_clean else random.choice(ENDS)


def a_line(random: Random) -> bytes:
    """A request line: mostly a good one."""
    kind = random.random()
    if kind < 0.05:
        return random.choice(LINES)
    method = random.choice(METHODS) if kind < 0.1 else random.choice((b"GET", b"POST"))
    target = random.choice(TARGETS) if 0.07 < kind < 0.15 else random.choice((b"/", b"/a/b?c=d"))
    return b"%b %b HTTP/1.%b" % (method, target, b"0" if kind > 0.95 else b"1")


def a_field(random: Random) -> bytes:
    kind = random.randrange(4)
    if kind == 0:
        return random.choice(COMMON)
    if kind == 1:
        return random.choice(FIELDS)
    if kind == 2:
        return random.choice(known_lines())
    gap = random.choice((b" ", b"", b"\t", b"  "))
    return random.choice(NAMES) + b":" + gap + b"".join(random.choices(WORDS, k=random.randrange(5)))


def a_head(random: Random, framing: bytes = b"") -> bytes:
    """A head, with ``framing`` among its fields. Most have nothing else that is unusual."""
    is_plain, is_clean = random.random() < 0.85, random.random() < 0.95
    fields = [framing] if framing else []
    if random.random() < 0.96:
        fields.append(HOST[:-2])
    for _ in range(random.randrange(4)):
        fields.append(random.choice(COMMON) if is_plain else a_field(random))
    random.shuffle(fields)
    return b"".join(one + an_end(random, is_clean) for one in (a_line(random), *fields, b""))


def chunks(random: Random) -> bytes:
    """A body in chunks: sizes that fit, and some that do not; extensions; trailers."""
    is_clean = random.random() < 0.9
    parts = []
    for _ in range(random.randrange(5)):
        data = random.randbytes(random.randint(1, 20))
        size = b"%x" % len(data) if random.random() < 0.98 else random.choice(SIZES)
        parts += [size, random.choice(EXTENSIONS), an_end(random, is_clean), data, an_end(random, is_clean)]
    parts += [random.choice(LAST_CHUNKS), an_end(random, is_clean)]
    for _ in range(random.choice((0, 0, 1, 2))):
        parts += [a_field(random), an_end(random, is_clean)]
    return b"".join(parts) + an_end(random, is_clean)


def a_request(random: Random) -> bytes:
    """A head and the body that it announces, or nearly."""
    kind = random.randrange(7)
    if kind == 0:
        return random.choice(corpus()).data
    if kind <= 2:
        return a_head(random)
    if kind <= 4:
        return a_head(random, b"Transfer-Encoding: chunked") + chunks(random)
    body = random.choice((random.randbytes(random.randrange(40)), SENTINEL, b"x" * 3000))
    return a_head(random, b"Content-Length: %d" % (len(body) + random.choice((0, 0, 0, 0, 1, -1)))) + body


def a_stream(random: Random, interesting: list[bytes]) -> Stream:
    """Requests, or a stream that was interesting; hurt by a few bytes; then a good request, that shows where the last ended."""
    if interesting and random.random() < 0.25:
        data = random.choice(interesting)
    else:
        requests = [a_request(random) for _ in range(random.choice((1, 1, 2, 2, 3, 4)))]
        if random.random() < 0.3:
            requests.append(requests[0])
        data = b"".join(requests)
    for _ in range(random.choice((0, 0, 0, 0, 1, 1, 2, 3))):
        data = random.choice(CHANGES)(random, data)
    if random.random() < 0.75:
        data += SENTINEL
    size = len(data)
    cuts = (
        random.sample(range(1, size), min(size - 1, random.randint(1, 6))) if size > 1 and random.random() < 0.5 else ()
    )
    return data, tuple(sorted(cuts))


def shorten(stream: Stream, is_wrong: Callable[[Stream], bool], tries: int = 2000) -> Stream:
    """A shorter stream that is wrong too: without its cuts, then without any part of it that is not needed."""
    data, cuts = stream
    for fewer in ((), *((cut,) for cut in cuts)):
        if len(fewer) < len(cuts) and is_wrong((data, fewer)):
            cuts = fewer
            break
    size = len(data) // 2
    while size and tries > 0:
        at = 0
        while at < len(data) and tries > 0:
            tries -= 1
            without = data[:at] + data[at + size :]
            moved = tuple(sorted({max(at, cut - size) if cut > at else cut for cut in cuts}))
            if without and is_wrong((without, moved)):
                data, cuts = without, moved
            else:
                at += size
        size //= 2
    return data, cuts
