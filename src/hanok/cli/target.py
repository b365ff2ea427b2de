"""Which application a command means when it was told none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hanok.exceptions import ConfigError

GUESSES = ("main:app", "app:app")


def find_target(given: str | None, app_dir: str = "") -> str:
    """The target that was given; else what pyproject.toml names; else the first guess whose file exists.

    Raises ConfigError that tells what was tried and what to type.
    """
    if given:
        return given
    here = Path(app_dir or ".")
    tried: list[str] = []
    for target in (*named_in_pyproject(tried), *GUESSES):
        module = target.partition(":")[0].replace(".", "/")
        if target not in GUESSES or (here / f"{module}.py").is_file() or (here / module / "__init__.py").is_file():
            return target
        tried.append(f"{module}.py")
    raise ConfigError(
        "No application was named, and none was found.\n"
        f"Looked for: {', '.join(tried)} in {here.resolve()}.\n"
        "Type where it is, as module:attribute, for example: hanok run main:app\n"
        "Nothing there yet? hanok new tea-house makes a project to begin with."
    )


def named_in_pyproject(tried: list[str]) -> list[str]:
    """``[tool.hanok] app`` and ``[tool.fastapi] entrypoint`` of the pyproject.toml here, as far as they are
    there.
    """
    import tomllib

    path = Path("pyproject.toml")
    keys = (("hanok", "app"), ("fastapi", "entrypoint"))
    tried.extend(f"[tool.{table}] {key} in pyproject.toml" for table, key in keys)
    try:
        tool: dict[str, Any] = tomllib.loads(path.read_text("utf-8")).get("tool", {})
    except FileNotFoundError:
        return []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The file pyproject.toml cannot be read: {error}.") from None
    found = []
    for table, key in keys:
        value = tool.get(table, {}).get(key)
        if value is None:
            continue
        if not isinstance(value, str) or not value:
            raise ConfigError(f'[tool.{table}] {key} in pyproject.toml must be text like "main:app", not {value!r}')
        found.append(value)
    return found
