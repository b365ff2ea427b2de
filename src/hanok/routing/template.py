"""A path template: ``/items/{id:int}/{rest:path}`` parsed once, to be matched and to be written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from hanok.routing.convertors import CONVERTOR_TYPES, Convertor, within_one_segment

PARAMETER = re.compile("{([a-zA-Z_][a-zA-Z0-9_]*)(:[a-zA-Z_][a-zA-Z0-9_]*)?}")
FIELD = re.compile(r"\{([^{}]*)\}")  # in a path format
PORT = re.compile(r":[0-9]*$")  # at the end of a host; an IPv6 literal ends with a bracket


@dataclass(frozen=True, slots=True)
class Parameter:
    """``{name:kind}`` in a template."""

    name: str
    convertor: Convertor[Any]


Token: TypeAlias = "str | Parameter"
Segment: TypeAlias = "tuple[Token, ...]"  # what stands between two slashes; () is an empty segment


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed path.

    ``regex`` recognises paths (use ``fullmatch``: its ``$`` would let a final newline through),
    ``path_format`` has plain ``{name}`` fields, ``segments`` are what the match table walks.
    """

    path: str
    regex: re.Pattern[str]
    path_format: str
    convertors: dict[str, Convertor[Any]]
    segments: tuple[Segment, ...]

    @classmethod
    def parse(cls, path: str) -> Template:
        """Raises ValueError for a parameter named twice, AssertionError for an unknown convertor."""
        tokens = tokenize(path)
        is_host = not path.startswith("/")
        return cls(
            path=path,
            # RFC 9110 §4.2.3: the host is case-insensitive, the path is not.
            regex=re.compile(pattern_of(tokens, is_host), re.IGNORECASE if is_host else 0),
            path_format="".join(t if isinstance(t, str) else f"{{{t.name}}}" for t in tokens),
            convertors={t.name: t.convertor for t in tokens if isinstance(t, Parameter)},
            segments=split_segments(tokens),
        )

    def match(self, path: str) -> dict[str, Any] | None:
        """The converted parameters if ``path`` is one of this template's, else None."""
        found = self.regex.fullmatch(path)
        if found is None:
            return None
        return {name: convertor.convert(found[name]) for name, convertor in self.convertors.items()}

    def build(self, **params: Any) -> tuple[str, dict[str, Any]]:
        """The path with ``params`` written into it, and the parameters that it had no place for."""
        return replace_params(self.path_format, self.convertors, params)


def tokenize(path: str) -> list[Token]:
    tokens: list[Token] = []
    names: list[str] = []
    position = 0
    for found in PARAMETER.finditer(path):
        name, kind = found[1], (found[2] or ":str")[1:]
        if kind not in CONVERTOR_TYPES:
            raise AssertionError(f"Unknown path convertor '{kind}'")
        if found.start() > position:
            tokens.append(path[position : found.start()])
        tokens.append(Parameter(name, CONVERTOR_TYPES[kind]))
        names.append(name)
        position = found.end()
    if position < len(path):
        tokens.append(path[position:])
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        plural = "s" if len(twice) > 1 else ""
        raise ValueError(f"Duplicated param name{plural} {', '.join(twice)} at path {path}")
    return tokens


def pattern_of(tokens: list[Token], is_host: bool) -> str:
    pieces = []
    for place, token in enumerate(tokens, start=1):
        if isinstance(token, Parameter):
            pieces.append(f"(?P<{token.name}>{token.convertor.regex})")
        elif is_host and place == len(tokens):
            pieces.append(re.escape(PORT.sub("", token)))  # the port takes no part in the match
        else:
            pieces.append(re.escape(token))
    return f"^{''.join(pieces)}$"


def split_segments(tokens: list[Token]) -> tuple[Segment, ...]:
    segments: list[list[Token]] = [[]]
    for token in tokens:
        if isinstance(token, Parameter):
            segments[-1].append(token)
            continue
        first, *rest = token.split("/")
        if first:
            segments[-1].append(first)
        segments.extend([piece] if piece else [] for piece in rest)
    return tuple(tuple(segment) for segment in segments)


def spans_segments(segment: Segment) -> bool:
    """Whether a parameter in it may reach beyond the next slash."""
    return any(isinstance(token, Parameter) and not within_one_segment(token.convertor) for token in segment)


def compile_path(path: str) -> tuple[re.Pattern[str], str, dict[str, Convertor[Any]]]:
    """The regular expression, the format and the convertors of a path template.

    Raises as ``Template.parse``.
    """
    template = Template.parse(path)
    return template.regex, template.path_format, template.convertors


def replace_params(
    path: str, param_convertors: Mapping[str, Convertor[Any]], path_params: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Write parameters into a path format; returns the path and the parameters that were left over."""
    remaining = dict(path_params)

    def written(field: re.Match[str]) -> str:
        name = field[1]
        if name not in path_params:
            return field[0]
        remaining.pop(name, None)
        return param_convertors[name].to_string(path_params[name])

    # In one pass: a value may itself look like a field.
    return FIELD.sub(written, path), remaining
