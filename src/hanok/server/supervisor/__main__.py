"""``python -m hanok.server.supervisor FD``: a worker. People do not type it; the supervisor does."""

from __future__ import annotations

import sys

from hanok.server.supervisor.child import main

if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
