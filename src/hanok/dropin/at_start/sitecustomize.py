"""Python imports this when it starts, if this folder is in PYTHONPATH: it brings the drop-in, and what it stands before.

Only one ``sitecustomize`` is imported by Python, the first on the path. So this one runs the next, if there is any.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

HERE = os.path.dirname(os.path.abspath(__file__))
HOOK = os.path.join(os.path.dirname(HERE), "hook.py")

# Read, not imported: an interpreter that never asks for fastapi or starlette shall not load Hanok.
with open(HOOK, encoding="utf-8") as file:
    exec(compile(file.read(), HOOK, "exec"), {"__name__": "hanok.dropin.hook"})

following = PathFinder.find_spec("sitecustomize", [path for path in sys.path if os.path.abspath(path) != HERE])
if following is not None and following.loader is not None:
    module = module_from_spec(following)
    sys.modules["sitecustomize"] = module
    following.loader.exec_module(module)
