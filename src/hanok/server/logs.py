"""Logging of the server: loggers ``hanok.error`` (all that is not an answer) and ``hanok.access``."""

from __future__ import annotations

import logging
import logging.config
import sys
from typing import Any

from hanok.exceptions import ConfigError
from hanok.server.config import Config

TRACE = 5
FORMAT = "%(levelname)-9s %(message)s"


def configure(config: Config) -> None:
    """Set up what ``log_config`` says, or one handler on standard error for the logger ``hanok``."""
    logging.addLevelName(TRACE, "TRACE")
    if config.log_config is not None:
        _from_file(config.log_config)
    logger = logging.getLogger("hanok")
    if config.log_config is None and all(one.get_name() != "hanok" for one in logger.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.set_name("hanok")
        handler.setFormatter(logging.Formatter(FORMAT))
        logger.addHandler(handler)
        logger.propagate = False
    logger.setLevel(TRACE if config.log_level == "trace" else config.log_level.upper())


def _from_file(given: Any) -> None:
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
