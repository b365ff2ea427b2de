"""Logging of the server: loggers ``hanok.error`` (all that is not an answer) and ``hanok.access``."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ConfigError
from hanok.server.config import Config

if TYPE_CHECKING:
    from hanok.observe.access_log import AccessLog

TRACE = 5
FORMAT = "%(levelname)-9s %(message)s"


def configure(config: Config) -> None:
    """Set up what ``log_config`` says, or one handler on standard error for the logger ``hanok``."""
    logging.addLevelName(TRACE, "TRACE")
    if config.log_config is not None:
        _from_file(config.log_config)
    logger = logging.getLogger("hanok")
    if config.log_config is None and all(one.get_name() != "hanok" for one in logger.handlers):
        handler = _to_file(config.error_log_file) if config.error_log_file else logging.StreamHandler(sys.stderr)
        handler.set_name("hanok")
        handler.setFormatter(logging.Formatter(FORMAT))
        logger.addHandler(handler)
        logger.propagate = False
    logger.setLevel(TRACE if config.log_level == "trace" else config.log_level.upper())


def access_log(config: Config, loop: asyncio.AbstractEventLoop) -> AccessLog | None:
    """To its file, or to standard output, or through the logger ``hanok.access`` if the user has configured logging.

    Raises ConfigError if the file cannot be opened or the format is none.
    """
    if not config.access_log or config.log_level in ("critical", "error", "warning"):
        return None
    from hanok.observe.access_log import AccessLog  # a worker that keeps no log loads nothing for it

    if config.access_log_file is not None:
        try:
            return AccessLog.to_file(loop, config.access_log_file, form=config.access_log_format)
        except OSError as error:
            raise ConfigError(f"--access-log-file: {error}.") from None
    if config.log_config is None:
        return AccessLog.to_stream(loop, colors=config.use_colors, form=config.access_log_format)
    from hanok.observe.line_format import line_format

    log = logging.getLogger("hanok.access")

    def write(text: str) -> None:
        for one in text.splitlines():
            log.info("%s", one)

    return AccessLog(loop, write, form=line_format(config.access_log_format))


def reopen() -> None:
    """Open the files of all loggers again by their names: they were moved away."""
    loggers = [logging.getLogger(), *(one for one in logging.root.manager.loggerDict.values())]
    for logger in loggers:
        for handler in getattr(logger, "handlers", ()):
            if isinstance(handler, logging.FileHandler):
                handler.acquire()
                try:
                    if handler.stream is not None:
                        handler.stream.close()
                    handler.stream = handler._open()
                finally:
                    handler.release()


def _to_file(path: str) -> logging.Handler:
    """A file that is opened again when it was moved away."""
    from logging.handlers import WatchedFileHandler

    try:
        return WatchedFileHandler(path, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--error-log-file: {error}.") from None


def _from_file(given: Any) -> None:
    import logging.config

    try:
        if isinstance(given, dict):
            logging.config.dictConfig(given)
        elif given.endswith(".json"):
            import json

            with open(given, encoding="utf-8") as file:
                logging.config.dictConfig(json.load(file))
        elif given.endswith((".yaml", ".yml")):
            import yaml  # type: ignore[import-untyped, unused-ignore]  # only those who write YAML need it

            with open(given, encoding="utf-8") as file:
                logging.config.dictConfig(yaml.safe_load(file))
        else:
            logging.config.fileConfig(given, disable_existing_loggers=False)
    except (OSError, ImportError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise ConfigError(f"--log-config: {given!r} cannot be used: {error}.") from error
