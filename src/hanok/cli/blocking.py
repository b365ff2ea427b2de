"""Calls in ``async def`` functions that are known to block, found by reading their source.

What blocks in the event loop lets every other request of the worker wait. Only direct calls of known names are found: what a
function calls in other functions, or on objects, is not looked at, so nothing found does not mean that nothing blocks.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

# name → what to write instead.
WITH_A_CLIENT = "await an asynchronous client (httpx.AsyncClient), or make the endpoint a plain def"
IN_A_THREAD = "await run_in_threadpool(...), or make the endpoint a plain def"
KNOWN: dict[str, str] = {
    "time.sleep": "await asyncio.sleep(...)",
    "requests.*": WITH_A_CLIENT,
    "urllib.request.urlopen": WITH_A_CLIENT,
    "urllib.request.urlretrieve": WITH_A_CLIENT,
    **{
        f"httpx.{verb}": WITH_A_CLIENT
        for verb in ("get", "post", "put", "patch", "delete", "head", "request", "stream")
    },
    "http.client.HTTPConnection": WITH_A_CLIENT,
    "http.client.HTTPSConnection": WITH_A_CLIENT,
    "socket.create_connection": "await asyncio.open_connection(...)",
    "socket.getaddrinfo": "await loop.getaddrinfo(...)",
    "socket.gethostbyname": "await loop.getaddrinfo(...)",
    **{
        f"subprocess.{name}": "await asyncio.create_subprocess_exec(...)"
        for name in ("run", "call", "check_call", "check_output", "getoutput", "getstatusoutput")
    },
    "os.system": "await asyncio.create_subprocess_shell(...)",
    "sqlite3.connect": IN_A_THREAD,
    "psycopg.connect": "await psycopg.AsyncConnection.connect(...)",
    "psycopg2.connect": IN_A_THREAD,
    "pymysql.connect": IN_A_THREAD,
    "smtplib.SMTP": IN_A_THREAD,
    "smtplib.SMTP_SSL": IN_A_THREAD,
    "shutil.copyfileobj": IN_A_THREAD,
    "shutil.copytree": IN_A_THREAD,
    "shutil.rmtree": IN_A_THREAD,
    "input": "nothing: a server has no keyboard",
}
IN_A_LOOP = {"open": "await anyio.open_file(...), or read them in a thread"}
LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)  # what they hold runs elsewhere, or later


@dataclass(frozen=True, slots=True)
class Blocking:
    """One call."""

    function: str
    call: str
    file: str
    line: int
    instead: str


def blocking_calls(function: Callable[..., Any]) -> Iterator[Blocking]:
    """The blocking calls of one function; none of one that is not ``async def``, or has no source."""
    function = inspect.unwrap(function)
    if not (inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)):
        return
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return
    definition = next((node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)), None)
    if definition is None:
        return
    names = {**imported_globals(function), **imported(definition)}
    local = {node.arg for node in ast.walk(definition.args) if isinstance(node, ast.arg)}
    file = inspect.getsourcefile(function) or ""
    for call, in_loop in calls(definition.body, in_loop=False):
        name = dotted(call.func, names, local)
        known = KNOWN | IN_A_LOOP if in_loop else KNOWN
        pattern = next((pattern for pattern in known if fnmatchcase(name, pattern)), None)
        if pattern is not None:
            name_of = getattr(function, "__qualname__", "")
            yield Blocking(name_of, f"{name}()", file, first + call.lineno - 1, known[pattern])


def calls(nodes: list[Any], in_loop: bool) -> Iterator[tuple[ast.Call, bool]]:
    """Every call that the function itself makes, and whether in a loop."""
    for node in nodes:
        if isinstance(node, SCOPES):
            continue
        if isinstance(node, ast.Call):
            yield node, in_loop
        yield from calls(list(ast.iter_child_nodes(node)), in_loop or isinstance(node, LOOPS))


def dotted(node: ast.expr, names: dict[str, str], local: set[str]) -> str:
    """The name that is called, as it is where it was imported from; empty for what has none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id in local:
        return ""
    return ".".join([names.get(node.id, node.id if not parts else ""), *parts]).lstrip(".")


def imported(tree: ast.AST) -> dict[str, str]:
    """What import statements inside of the function bind."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                found[one.asname or one.name.partition(".")[0]] = one.name if one.asname else one.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update({one.asname or one.name: f"{node.module}.{one.name}" for one in node.names})
    return found


def imported_globals(function: Any) -> dict[str, str]:
    """What the names of its module stand for: modules by their names, functions by where they are found."""
    found: dict[str, str] = {}
    known = {**getattr(function, "__globals__", {}), **closure(function)}
    for name, value in known.items():
        if inspect.ismodule(value):
            found[name] = value.__name__
        elif inspect.isroutine(value) or inspect.isclass(value):
            module = str(getattr(value, "__module__", None) or "").partition(".")[0]
            own = getattr(value, "__module__", None)
            # requests.get is written in requests.api; sleep of time says that it is of time.
            home = module if module in ("requests", "httpx", "psycopg", "psycopg2", "pymysql") else own
            found[name] = f"{home}.{getattr(value, '__qualname__', name)}"
    return found


def closure(function: Any) -> dict[str, Any]:
    """What a function has of those around it."""
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    return found
