"""What to do about errors that are known: a table of rules, the first that fits is told."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from hanok.middleware.debug.frames import is_library_file

Rule = Callable[[BaseException, str], str | None]

# Modules whose package has another name.
PACKAGES = {
    "PIL": "pillow", "attr": "attrs", "bs4": "beautifulsoup4", "cv2": "opencv-python", "dateutil": "python-dateutil",
    "dotenv": "python-dotenv", "itsdangerous": "hanok[sessions]", "jinja2": "hanok[templates]", "jose": "python-jose",
    "jwt": "pyjwt", "magic": "python-magic", "multipart": "python-multipart", "psycopg2": "psycopg2-binary",
    "skimage": "scikit-image", "sklearn": "scikit-learn", "yaml": "pyyaml",
}  # fmt: skip


def remedy(error: BaseException) -> str | None:
    """What to do, with code in `backticks`; None where nothing better is known than the error itself."""
    for each in causes(error):
        text = str(each)
        for rule in RULES:
            if found := rule(each, text):
                return found
    return None


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, then what it was raised from."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup) and cause.exceptions:
            yield cause.exceptions[0]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


# ---- rules


def missing_await(error: BaseException, text: str) -> str | None:
    said = text
    if type(error).__name__ == "ResponseValidationError":
        said = " ".join(repr(one.get("input")) for one in errors_of(error))
    if "coroutine" not in said or "await" in said:
        return None
    return (
        "An `async def` function was called without `await`, so what came back is a coroutine and not its result. "
        "Write `await` before the call, in an `async def` endpoint."
    )


def wrong_await(error: BaseException, text: str) -> str | None:
    found = re.search(r"object (\w+) can't be used in 'await' expression|'([\w.]+)' object can't be awaited", text)
    if found is None:
        return None
    kind = found[1] or found[2]  # the second is what Python says from 3.14 on
    what = "a value" if kind == "NoneType" else f"`{kind}`"
    return (
        f"What stands after `await` is {what}, not a coroutine: the function is a plain `def`. Leave the `await` out."
    )


def wrong_response(error: BaseException, text: str) -> str | None:
    if type(error).__name__ != "ResponseValidationError":
        return None
    kinds = {one.get("type") for one in errors_of(error)}
    declared = "the return annotation, or `response_model=`,"
    if kinds & {"model_attributes_type", "model_type", "dataclass_type"}:
        return (
            f"The endpoint returned an object of another class than {declared} says. To let the model read the attributes of "
            "such objects (of an ORM, for example), give it `model_config = ConfigDict(from_attributes=True)`."
        )
    if all(one.get("input", ...) is None for one in errors_of(error)):
        return f"The endpoint returned `None` where {declared} promises a value: is there a `return` on every path?"
    if "missing" in kinds:
        return f"What the endpoint returned lacks fields that {declared} promises; give them a default, or return them."
    return f"What the endpoint returned is not what {declared} promises. Change one of the two."


def not_json(error: BaseException, text: str) -> str | None:
    found = re.search(r"Unable to serialize unknown type: <class '([\w.]+)'>|Object of type ([\w.]+) is not JSON", text)
    if found is not None:
        name = (found[1] or found[2]).rpartition(".")[2]
        return (
            f"`{name}` cannot be written as JSON. Return a Pydantic model, a dataclass or a dict of plain values, or declare "
            f"`response_model=` with a model that reads it (`from_attributes=True`)."
        )
    if "vars() argument must have __dict__ attribute" in text or "dictionary update sequence element" in text:
        return (
            "The endpoint returned something that has no form in JSON. Return a Pydantic model or plain values instead."
        )
    if "Out of range float values" in text:
        return "JSON has no NaN and no infinity. Replace them, by `None` for example, before you return the value."
    return None


def missing_package(error: BaseException, text: str) -> str | None:
    found = re.search(r'"?([\w-]+)"? must be installed to use', text) or re.search(
        r"requires? \"([\w-]+)\" to be inst", text
    )
    if found is not None and found[1].islower():
        return installing(found[1])
    if isinstance(error, ModuleNotFoundError) and error.name:
        top = error.name.partition(".")[0]
        if top in sys.modules or can_be_found(top):
            return (
                f"`{top}` is there, but has no `{error.name}`: look at its version, and for a file of that name here."
            )
        return installing(top)
    return None


def import_circle(error: BaseException, text: str) -> str | None:
    if not isinstance(error, (ImportError, AttributeError)) or "partially initialized module" not in text:
        return None
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = list(dict.fromkeys(os.path.basename(file) for file in files if not is_library_file(file)))
    found = re.search(r"partially initialized module '([\w.]+)'", text)
    begun = found[1].rpartition(".")[2] + ".py" if found else ""
    circle = ours[ours.index(begun) :] if begun in ours else []
    names = " → ".join([*circle, begun]) if len(circle) > 1 else ""
    return (
        f"Modules import each other{f': `{names}`' if names else ''}, and one is not finished when the other needs it. Move "
        "what both need into a module of its own, or import it inside the function that uses it."
    )


def hidden_module(error: BaseException, text: str) -> str | None:
    """A file of the project that has the name of a package, which is found first."""
    name = (getattr(error, "name", None) or "").partition(".")[0]
    path = getattr(error, "path", None)
    if not isinstance(error, ImportError) or not path or is_library_file(path):
        return None
    if name in sys.stdlib_module_names or name in ("hanok", "fastapi", "starlette", "pydantic", "uvicorn"):
        return f"Your file `{path}` has the name of the package `{name}`, and hides it. Give the file another name."
    return None


def installing(module: str) -> str:
    package = PACKAGES.get(module, module)
    quoted = f"'{package}'" if "[" in package else package
    return (
        f"A package is missing in this environment. Install it with `{sys.executable} -m pip install {quoted}`, and name it in "
        "the dependencies of your project."
    )


def can_be_found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def loop_in_loop(error: BaseException, text: str) -> str | None:
    if isinstance(error, RuntimeError) and (
        "cannot be called from a running event loop" in text or "loop is already" in text
    ):
        return "An event loop runs already, that of the server. Write `await` instead of `asyncio.run(...)`."
    return None


def needs_middleware(error: BaseException, text: str) -> str | None:
    found = re.search(r"(\w+Middleware) must be installed to access request\.(\w+)", text)
    if found is None:
        return None
    options = ', secret_key="..."' if found[1] == "SessionMiddleware" else ""
    return f"Add it where the application is made: `app.add_middleware({found[1]}{options})`, from `hanok.middleware`."


def nobody_listens(error: BaseException, text: str) -> str | None:
    if isinstance(error, ConnectionRefusedError) or "Connection refused" in text:
        return (
            "Nobody listens at the address that was called. Is the service started, and are host and port those it has?"
        )
    return None


def database(error: BaseException, text: str) -> str | None:
    name = type(error).__name__
    if "no such table" in text or name == "UndefinedTable":
        return "The database has no such table: create the tables, or run the migrations (`alembic upgrade head`)."
    if "SQLite objects created in a thread" in text:
        return (
            "Endpoints and dependencies of plain `def` run in several threads, and SQLite connections belong to one. Open it "
            "with `check_same_thread=False`, one connection per request, or make them `async def`."
        )
    if name == "MissingGreenlet":
        return (
            "An attribute was loaded lazily, outside of `await`. Load it with the query (`selectinload`), and make sessions "
            "with `expire_on_commit=False`."
        )
    if name == "DetachedInstanceError":
        return "The object is used after its session was closed. Read what you need before that, or load it with the query."
    return None


def too_deep(error: BaseException, text: str) -> str | None:
    if isinstance(error, RecursionError):
        return (
            "Something calls, or contains, itself. In a result: models or objects that refer to each other have no end."
        )
    return None


def no_such_route(error: BaseException, text: str) -> str | None:
    if type(error).__name__ != "NoMatchFound":
        return None
    return "`url_for` looks for the name of a route: that of its function, or `name=`. `hanok routes` lists them all."


def environment_variable(error: BaseException, text: str) -> str | None:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if isinstance(error, KeyError) and trace is not None and trace.tb_frame.f_globals.get("__name__") == "os":
        return f"The environment variable {text.strip(chr(39))} is not set. Set it, or put it into a file for `--env-file`."
    return None


RULES: tuple[Rule, ...] = (
    missing_await, wrong_await, wrong_response, not_json, hidden_module, import_circle, missing_package, loop_in_loop,
    needs_middleware, nobody_listens, database, too_deep, no_such_route, environment_variable,
)  # fmt: skip


def errors_of(error: Any) -> list[dict[str, Any]]:
    return [one for one in error.errors() if isinstance(one, dict)]
