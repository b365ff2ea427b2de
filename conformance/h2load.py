"""``python -m conformance.h2load``: 200,000 requests over HTTP/2, 32 at once on each of 32 connections; none may fail."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

from conformance.idle import NATIVE, SERVERS, served
from conformance.ports import free_port

REQUESTS = 200_000


def main() -> int:
    if shutil.which("h2load") is None:
        raise SystemExit("h2load is not installed (Debian: apt-get install nghttp2-client)")
    port = free_port()
    with served(NATIVE, SERVERS["Hanok"][2], port):
        command = ["h2load", "-n", str(REQUESTS), "-c", "32", "-m", "32", f"http://127.0.0.1:{port}/"]
        told = subprocess.run(command, capture_output=True, text=True, timeout=240).stdout
    lines = re.findall(r"^(?:finished|requests|status codes).*$", told, re.MULTILINE)
    print("\n".join(lines))
    return int(f"{REQUESTS} succeeded, 0 failed, 0 errored, 0 timeout" not in told)


if __name__ == "__main__":
    sys.exit(main())
