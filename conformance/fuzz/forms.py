"""The forms of our head parser: the expressions, the walk over the bytes, and either with the request before in mind.

Compiled, the walk takes the place of the expressions, and theirs is made again from its source, so that one process has both.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

from conformance.differential.parsers import Parse, Reading, ours
from hanok.protocols.h1 import head as heads
from hanok.protocols.h1 import scan
from hanok.protocols.h1.grammar import DEFAULT_LIMITS
from hanok.protocols.h1.head import RequestHead

ATTRIBUTES = (
    "block", "chunked", "content_length", "end", "expect_continue", "forwarded", "http_version", "keep_alive", "method",
    "path", "query", "raw_path", "target", "upgrade", "headers",
)  # fmt: skip

Parser = Callable[..., Any]


def from_source(name: str, twins: dict[str, str]) -> ModuleType:
    """A module once more, from its .py; it imports the twins of the modules that are named."""
    original = sys.modules[f"hanok.protocols.h1.{name}"]
    text = Path(str(original.__file__)).with_name(f"{name}.py").read_text()
    for one, twin in twins.items():
        text = text.replace(f"from hanok.protocols.h1.{one} import", f"from {twin} import")
    spec = spec_from_loader(twins[name], loader=None)
    assert spec is not None
    module = module_from_spec(spec)
    module.__file__ = f"{name}.py"
    sys.modules[twins[name]] = module
    exec(compile(text, f"{name}.py", "exec"), module.__dict__)
    return module


@cache
def expressions() -> Parser:
    """The parser that uncompiled code has."""
    if not scan.COMPILED:
        return heads.parse_head
    import hanok.protocols.h1.unusual  # noqa: F401 - its file is asked for

    twins = {"head": "conformance_fuzz_head", "unusual": "conformance_fuzz_unusual"}
    module = from_source("head", twins)
    from_source("unusual", twins)
    return module.parse_head  # type: ignore[no-any-return]


def alone(parser: Parser) -> Parse:
    return lambda data, previous: parser(data, 0, DEFAULT_LIMITS, None)


def with_the_one_before(parser: Parser) -> Parse:
    return lambda data, previous: parser(data, 0, DEFAULT_LIMITS, previous)


def forms() -> dict[str, Parse]:
    """Each is to say the same as the first."""
    return {
        "expressions": alone(expressions()),
        "expressions, with the request before": with_the_one_before(expressions()),
        "walk": alone(scan.scan_head),
        "walk, with the request before": with_the_one_before(scan.scan_head),
    }


def read(data: bytes, parse: Parse, cuts: tuple[int, ...] = ()) -> tuple[Reading, list[dict[str, object]]]:
    """What a form makes of a stream, with every attribute of every head."""
    seen: list[dict[str, object]] = []

    def observed(rest: bytes, previous: RequestHead | None) -> RequestHead | None:
        head = parse(rest, previous)
        if head is not None:
            seen.append({name: getattr(head, name) for name in ATTRIBUTES})
        return head

    return ours(data, cuts, observed), seen
