"""``python -m hanok``: the same as the command ``hanok``."""

from hanok.cli import main

if __name__ == "__main__":
    main()
