"""``python -m fastapi``."""

from fastapi.cli import main

main()
