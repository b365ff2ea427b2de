"""Hanok: a whole FastAPI deployment under one roof. This is the front door: public names, nothing else."""

from hanok.version import VERSION as __version__
