"""What ``hanok --version`` says."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from hanok.version import VERSION

COMPILED = "hanok.protocols.h1.head"  # one of the modules that a compiled build replaces


def form() -> str:
    """How the core runs: "compiled", as wheels that were built with a C compiler have it, or "pure Python"."""
    spec = find_spec(COMPILED)
    compiled = spec is not None and spec.origin is not None and not spec.origin.endswith(".py")
    return "compiled" if compiled else "pure Python"


def describe() -> str:
    """One line for each thing that changes how Hanok behaves or how fast it is."""
    rows = {
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "pydantic": version("pydantic"),
        "uvloop": installed("uvloop"),
        "core": form(),
    }
    return "\n".join([f"hanok {VERSION}", *(f"  {name:9} {value}" for name, value in rows.items())])


def installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
