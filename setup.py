"""Adds the compiled core to a build where it can be compiled. Everything else about the package is in pyproject.toml.

A module that has a ``.pxd`` beside it is compiled by Cython, from the very ``.py`` that runs without it; wheels hold both.
Without Cython, a C compiler or Python's headers, on another Python than CPython, or without its lock, the build is pure
Python. So is an editable one, whose sources are going to change.

    HANOK_PURE=1      pure in any case
    HANOK_COMPILE=1   compiled in any case: an editable install too, and a build that cannot is an error
"""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from setuptools import Extension, setup
from setuptools.errors import CompileError

SOURCES = Path("src")
DIRECTIVES = {
    "language_level": 3,
    # Annotations are for type checkers; the types that the compiler may rely on are in the .pxd.
    "annotation_typing": False,
    "initializedcheck": False,
    # Nobody pickles a connection: what Cython writes for that is a tenth of the code.
    "auto_pickle": False,
}
# Small rather than as fast as can be: every worker has this code in memory, and less of it was no slower (docs/compiled.md).
# No debug information of C and no tables for unwinding C++ exceptions; tracebacks of Python need neither. Functions are inlined
# where the compiler finds that it pays, not wherever Cython suggests it.
FLAGS = (
    "-g0", "-O2", "-DCYTHON_INLINE=", "-fno-asynchronous-unwind-tables",
    "-fno-align-functions", "-fno-align-loops", "-fno-align-jumps",
)  # fmt: skip


def modules() -> list[str]:
    """The modules that are compiled, as paths of their sources."""
    return sorted(path.with_suffix(".py").as_posix() for path in SOURCES.rglob("*.pxd"))


def why_not() -> str | None:
    """Why this build is not compiled; None if it is."""
    if os.environ.get("HANOK_PURE", "0") not in ("", "0"):
        return "HANOK_PURE is set"
    if os.environ.get("HANOK_COMPILE", "0") in ("", "0") and {"editable_wheel", "develop"} & set(sys.argv):
        return "an editable install runs the sources; HANOK_COMPILE=1 compiles them"
    if sys.implementation.name != "cpython":
        return f"it is for CPython, and this is {sys.implementation.name}"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "it was not made for Python without its global lock"
    try:
        import Cython  # noqa: F401
    except ImportError:
        return "Cython is not there"
    return None if compiler_works() else "there is no C compiler that finds Python.h"


def compiler_works() -> bool:
    """Whether a C file that needs Python's headers can be compiled."""
    # setuptools brings it, also where Python has it no more.
    from distutils.ccompiler import new_compiler
    from distutils.sysconfig import customize_compiler

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "tried.c")
        source.write_text("#include <Python.h>\nint tried(void) { return PY_MAJOR_VERSION; }\n")
        compiler = new_compiler()
        customize_compiler(compiler)
        try:
            compiler.compile([str(source)], output_dir=folder, include_dirs=[sysconfig.get_path("include")])
        except (CompileError, OSError):
            return False
    return True


def extensions() -> list[Any]:
    """What is compiled: nothing, with a line that says why, or every module that has a .pxd."""
    reason = why_not()
    if reason is not None:
        if os.environ.get("HANOK_COMPILE", "0") not in ("", "0"):
            raise SystemExit(f"hanok: HANOK_COMPILE is set, but the core cannot be compiled: {reason}")
        print(f"hanok: built in pure Python, without its compiled core: {reason}", file=sys.stderr)
        return []
    from Cython.Build import cythonize

    flags = [] if sys.platform == "win32" else list(FLAGS)
    found = [
        Extension(
            path.removeprefix(f"{SOURCES}/").removesuffix(".py").replace("/", "."), [path], extra_compile_args=flags
        )
        for path in modules()
    ]
    made: list[Any] = cythonize(found, build_dir="build/cython", compiler_directives=DIRECTIVES, quiet=True)
    return made


setup(ext_modules=extensions(), options={"build_ext": {"parallel": os.cpu_count()}})
