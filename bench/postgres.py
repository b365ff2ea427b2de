"""A PostgreSQL cluster of its own in a temporary folder, without TCP, filled for the six classic tests."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.processes import TICK, descendants, processor_seconds

ROWS = 10_000
SECONDS = 60
FORTUNES = (
    "fortune: No such file or directory",
    "A computer scientist is someone who fixes things that aren't broken.",
    "After enough decimal places, nobody gives a damn.",
    "A bad random number generator: 1, 1, 1, 1, 1, 4.33e+67, 1, 1, 1",
    "A computer program does what you tell it to do, not what you want it to do.",
    "Emacs is a nice operating system, but I prefer UNIX. — Tom Christaensen",
    "Any program that runs right is obsolete.",
    "A list is only as strong as its weakest link. — Donald Knuth",
    "Feature: A bug with seniority.",
    "Computers make very fast, very accurate mistakes.",
    '<script>alert("This should not be displayed in a browser alert box.");</script>',
    "フレームワークのベンチマーク",
)
ADDED = "Additional fortune added at request time."


class Cluster:
    """A running one. ``environment`` is what every driver is told by: PGHOST, PGUSER, PGDATABASE."""

    def __init__(self, folder: str, programs: Path, as_owner: dict[str, Any]) -> None:
        self.folder = folder
        self.programs = programs
        self.as_owner = as_owner
        self.environment = {"PGHOST": folder, "PGUSER": "postgres", "PGDATABASE": "postgres"}

    def run(self, *command: str) -> None:
        # Not a pipe: the server would inherit it and keep it open.
        with open(os.devnull, "w") as nowhere:
            subprocess.run(command, stdout=nowhere, stderr=nowhere, timeout=SECONDS, check=True, **self.as_owner)

    def sql(self, text: str) -> str:
        """What psql answers to it, without heads and frames."""
        command = [f"{self.programs}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        environment = os.environ | self.environment | {"PGCLIENTENCODING": "UTF8"}
        done = subprocess.run(command, input=text, env=environment, capture_output=True, text=True, timeout=SECONDS)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def processor_seconds(self) -> float:
        """Of the server, of the processes that it has now, and of those that have ended: a connection is a process."""
        pid = int(Path(f"{self.folder}/data/postmaster.pid").read_text().split()[0])
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ended = (int(fields[13]) + int(fields[14])) / TICK
        return ended + sum(map(processor_seconds, descendants(pid)))

    def fill(self) -> None:
        quoted = ", ".join(f"({at}, '{text.replace(chr(39), chr(39) * 2)}')" for at, text in enumerate(FORTUNES, 1))
        self.sql(
            "CREATE TABLE world (id integer PRIMARY KEY, randomnumber integer NOT NULL);"
            "CREATE TABLE fortune (id integer PRIMARY KEY, message text NOT NULL);"
            f"INSERT INTO world SELECT id, 1 + floor(random() * {ROWS})::int FROM generate_series(1, {ROWS}) AS id;"
            f"INSERT INTO fortune VALUES {quoted};"
            "VACUUM ANALYZE;"
        )


def postgres_programs() -> Path | None:
    """The folder of initdb and pg_ctl; Debian keeps them out of the path."""
    found = [*sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True), *os.environ.get("PATH", "").split(":")]
    wanted = ("initdb", "pg_ctl", "psql")
    return next((Path(each) for each in found if all((Path(each) / name).exists() for name in wanted)), None)


@contextmanager
def cluster(core: int | None = None, connections: int = 60) -> Iterator[Cluster]:
    """Start one, on a core if that is said, and fill it; so many may connect. Raises SystemExit without PostgreSQL."""
    programs = postgres_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    as_owner: dict[str, Any] = {}
    # The path of a socket may have 107 bytes, and the owner of the cluster must reach it.
    folder = tempfile.mkdtemp(prefix="pg-")
    os.chmod(folder, 0o755)
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": [], "cwd": folder}
    # Nothing is kept, so nothing is flushed; updates cost what they cost without a disk.
    settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c max_connections={connections}"
    settings += " -c shared_buffers=128MB -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    pin = () if core is None else ("taskset", "-c", str(core))
    made = Cluster(folder, programs, as_owner)
    data = f"{folder}/data"
    try:
        made.run(
            f"{programs}/initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale"
        )
        made.run(*pin, f"{programs}/pg_ctl", "-D", data, "-l", f"{folder}/log", "-o", settings, "-w", "start")
        try:
            made.fill()
            yield made
        finally:
            made.run(f"{programs}/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)
