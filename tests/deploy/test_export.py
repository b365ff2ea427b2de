"""The command: what it reads, where it writes, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hanok.cli.group import run_group
from hanok.deploy.output import write
from hanok.deploy.project import label
from hanok.deploy.sheet import WIDTH, Sheet
from hanok.exceptions import ConfigError

Exported = Callable[..., dict[str, str]]
MakeProject = Callable[..., Path]


def test_it_prints_all_files_each_under_its_name(project: MakeProject, capsys: pytest.CaptureFixture[str]) -> None:
    project()
    assert run_group(["export", "docker"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# file: Dockerfile\n")
    assert "\n# file: .dockerignore\n" in out


def test_one_file_alone_is_printed_as_it_is(project: MakeProject, capsys: pytest.CaptureFixture[str]) -> None:
    project()
    assert run_group(["export", "docker", "--only", ".dockerignore"]) == 0
    assert "file:" not in capsys.readouterr().out
    assert run_group(["export", "docker", "--only", "Makefile"]) == 2
    assert "Dockerfile, .dockerignore" in capsys.readouterr().err


def test_it_says_what_it_has_written(project: MakeProject, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project()
    assert run_group(["export", "systemd", "--output", "deploy"]) == 0
    told = capsys.readouterr().out.splitlines()
    for line, name in zip(told, ("my-shop.service", "my-shop.socket"), strict=True):
        lines = (folder / "deploy" / name).read_text().count("\n")
        assert line.split() == ["wrote", f"deploy/{name}", str(lines), "lines"]


def test_nothing_is_overwritten_unasked(project: MakeProject, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project(**{"Dockerfile": "mine"})
    assert run_group(["export", "docker", "--output", "."]) == 2
    assert "Dockerfile is in" in " ".join(capsys.readouterr().err.split())
    assert not (folder / ".dockerignore").exists()  # not even what could have been written
    assert (folder / "Dockerfile").read_text() == "mine"
    assert run_group(["export", "docker", "--output", ".", "--force"]) == 0
    assert (folder / "Dockerfile").read_text() != "mine"


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        write({"a": ""}, tmp_path / "file" / "folder")


def test_the_options_are_the_projects_and_not_this_shells(
    project: MakeProject, exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    project("workers = 3")
    monkeypatch.setenv("HANOK_WORKERS", "9")
    assert "workers = 3 (pyproject.toml, line 9)" in exported("systemd")["my-shop.service"].replace("\n# ", " ")


def test_a_file_of_options_may_be_named(project: MakeProject, exported: Exported) -> None:
    project(**{"production.toml": "workers = 7\napp = 'shop.web:create'"})
    service = exported("systemd", "--config", "production.toml")["my-shop.service"]
    assert "workers = 7 (production.toml, line 1)" in service.replace("\n# ", " ")
    assert "hanok run shop.web:create\n" in service


def test_the_application_may_be_named(project: MakeProject, exported: Exported) -> None:
    project()
    assert 'CMD ["hanok", "run", "other:app"]' in exported("docker", "other:app")["Dockerfile"]


def test_a_folder_without_an_application_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_group(["export", "docker"]) == 2
    assert "No application was named" in capsys.readouterr().err


def test_a_project_without_a_file_is_called_as_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "Old Shop"
    folder.mkdir()
    (folder / "main.py").touch()
    monkeypatch.chdir(folder)
    assert run_group(["export", "docker", "--only", "Dockerfile"]) == 0
    assert capsys.readouterr().out.startswith("# old-shop: main:app, served by Hanok.")


@pytest.mark.parametrize("wrong", ["Shop", "-shop", "my shop", "a" * 64, ""])
def test_a_name_has_to_be_one_everywhere(project: MakeProject, capsys: pytest.CaptureFixture[str], wrong: str) -> None:
    project()
    assert run_group(["export", "docker", "--name", wrong]) == 2
    assert "--name" in capsys.readouterr().err


def test_a_project_file_that_is_none_is_told(project: MakeProject, capsys: pytest.CaptureFixture[str]) -> None:
    project(**{"pyproject.toml": "nothing ="})
    assert run_group(["export", "docker", "main:app"]) == 2
    assert "pyproject.toml cannot be read" in capsys.readouterr().err


def test_a_lock_file_is_told_how_to_be_used(project: MakeProject, capsys: pytest.CaptureFixture[str]) -> None:
    project(**{"uv.lock": ""})
    assert run_group(["export", "docker"]) == 0
    assert "uv export" in capsys.readouterr().err
    project(**{"uv.lock": "", "requirements.txt": "hanok"})
    assert run_group(["export", "docker"]) == 0
    assert "uv export" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"), [("My Shop", "my-shop"), ("a__b--c", "a-b-c"), ("!!!", "app"), ("x" * 70, "x" * 63)]
)
def test_any_text_has_a_label_near_it(text: str, expected: str) -> None:
    assert label(text) == expected


def test_comments_are_wrapped_and_paragraphs_kept() -> None:
    text = Sheet().indent(4).note("word " * 40 + "\n\nlast").add("line", "").text()
    assert all(len(line) <= WIDTH for line in text.splitlines())
    assert text.endswith("\n    #\n    # last\n    line\n")


@pytest.mark.parametrize("kind", ["docker", "nginx", "systemd", "k8s"])
def test_no_line_is_long_and_no_comment_is_missing(project: MakeProject, exported: Exported, kind: str) -> None:
    project()
    for text in exported(kind, *(["--cache", "/static/"] if kind == "nginx" else [])).values():
        lines = text.splitlines()
        assert sum("#" in line for line in lines) * 8 > len(lines) or len(lines) < 30
        assert all(len(line) <= WIDTH for line in lines if line.strip().startswith("#"))


def test_help_shows_the_exporters(capsys: pytest.CaptureFixture[str]) -> None:
    run_group(["export", "--help"])
    out = capsys.readouterr().out
    for name in ("docker", "nginx", "systemd", "k8s"):
        assert name in out
    run_group(["export", "nginx", "--help"])
    out = capsys.readouterr().out
    assert out.index("--upstream") < out.index("--cache") < out.index("--help")
