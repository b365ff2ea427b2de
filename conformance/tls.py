"""``python -m conformance.tls``: the TLS of a server as sslyze sees it.

sslyze pins its libraries, so it lives in an environment of its own: ``python -m venv V && V/bin/pip install sslyze``, then
``--sslyze V/bin/sslyze``. Its findings are compared with Mozilla's "intermediate" configuration. What it says of the
certificate, which is made for the run, does not count; nor do elliptic curves that are stronger than those of the list,
which the ssl module cannot turn off.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import trustme

from hanok import Hanok
from hanok.server.threaded import Server

STRONG_CURVES = {"X448", "secp521r1"}
ABOUT_THE_CERTIFICATE = (
    "certificate_path_validation",
    "maximum_certificate_lifespan",
    "certificate_hostname_validation",
)
FINDING = re.compile(r"^ +\* (\w+): (.+)$", re.MULTILINE)
# What must stand in the report, whatever Mozilla thinks of it.
REQUIRED = (
    "Compression disabled",
    "Not vulnerable to OpenSSL CCS injection",
    "Not vulnerable to Heartbleed",
    "Client Renegotiation DoS Attack:   OK - Not vulnerable",
    "Secure Renegotiation:              OK - Supported",
    "TLS_FALLBACK_SCSV:                 OK - Supported",
    "ROBOT Attack:\n                                          OK - Not vulnerable",
)


def problems(report: str) -> list[str]:
    """What the report finds that counts."""
    if "COMPLIANCE AGAINST TLS CONFIGURATION" not in report:
        return ["sslyze gave no verdict"]
    found = [f"missing: {' '.join(text.split())}" for text in REQUIRED if text not in report]
    for name, text in FINDING.findall(report.partition("COMPLIANCE AGAINST")[2]):
        if name in ABOUT_THE_CERTIFICATE:
            continue
        if name == "tls_curves" and set(re.findall(r"'(\w+)'", text)) <= STRONG_CURVES:
            continue
        found.append(f"{name}: {text}")
    return found


def scan(sslyze: str, **options: Any) -> str:
    with tempfile.TemporaryDirectory() as directory:
        certificate = Path(directory, "certificate.pem")
        trustme.CA().issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
        with Server(Hanok(), ssl_certfile=str(certificate), **options) as server:
            address = f"127.0.0.1:{server.port}"
            command = [sslyze, "--mozilla_config=intermediate", address]
            return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False).stdout


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sslyze", default="sslyze", help="the command")
    arguments.add_argument("--report", action="store_true", help="print what sslyze says")
    given = arguments.parse_args()
    failed = False
    for loop in ("asyncio", "uvloop"):
        report = scan(given.sslyze, loop=loop)
        if given.report:
            print(report)
        found = problems(report)
        failed = failed or bool(found)
        print(f"{loop}: {'; '.join(found) or 'nothing to complain of'}")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
