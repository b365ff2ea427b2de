"""From Hanok's spelling of a program to FastAPI's. Nothing else of it changes."""

from __future__ import annotations

import ast
import io
import tokenize

# Where the names that come from one of our modules come from over there.
MODULES = {
    "hanok": "fastapi",
    "hanok.http": "fastapi.responses",
    "hanok.security": "fastapi.security",
    "hanok.middleware.cors": "fastapi.middleware.cors",
}
NAMES = {"Hanok": "FastAPI"}


class NoSpelling(ValueError):
    """The program imports something of which we do not know what it is called there."""


def respell(source: str) -> str:
    """The same program for FastAPI. Raises NoSpelling, and SyntaxError for what is no program."""
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import) and any(is_ours(alias.name) for alias in node.names):
            raise NoSpelling(f"line {node.lineno}: write it as: from hanok import …")
        if isinstance(node, ast.ImportFrom) and is_ours(node.module or ""):
            if node.module not in MODULES:
                raise NoSpelling(f"line {node.lineno}: what is {node.module} called in FastAPI?")
            lines[node.lineno - 1] = lines[node.lineno - 1].replace(node.module, MODULES[node.module], 1)
    return with_names("".join(lines))


def is_ours(module: str) -> bool:
    return module.partition(".")[0] == "hanok"


def with_names(source: str) -> str:
    """With the names of NAMES replaced where they are names: not in text, not in comments."""
    lines = source.splitlines(keepends=True)
    tokens = [each for each in tokenize.generate_tokens(io.StringIO(source).readline) if each.type == tokenize.NAME]
    for token in reversed(tokens):
        if token.string in NAMES:
            (row, start), (_, end) = token.start, token.end
            lines[row - 1] = lines[row - 1][:start] + NAMES[token.string] + lines[row - 1][end:]
    return "".join(lines)
