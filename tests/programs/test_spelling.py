"""The programs have one source: FastAPI's spelling is made of ours, and the page's tables of the results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.programs.__main__ import PROGRAMS, REPOSITORY, RESULTS, read_report, table, write_programs
from conformance.programs.spelling import NoSpelling, respell

PAGE = (REPOSITORY / "docs" / "coming-from-fastapi.md").read_text("utf-8")


def test_imports_and_names_are_respelled_and_nothing_else() -> None:
    ours = (
        '"""Hanok."""\nfrom hanok import (\n    Hanok,\n    Query,\n)\n\n# Hanok\napp: Hanok = Hanok(title="Hanok")\n'
    )
    theirs = ours.replace("from hanok", "from fastapi").replace("    Hanok,", "    FastAPI,")
    theirs = theirs.replace("app: Hanok = Hanok(", "app: FastAPI = FastAPI(")
    assert respell(ours) == theirs
    assert respell("from hanok.http import FileResponse\n") == "from fastapi.responses import FileResponse\n"
    assert respell("import hanoki\n") == "import hanoki\n"


@pytest.mark.parametrize("source", ["import hanok\n", "from hanok.edge import tls\n"])
def test_what_has_no_spelling_there_is_refused(source: str) -> None:
    with pytest.raises(NoSpelling, match="line 1"):
        respell(source)


def test_no_program_is_left_with_an_import_of_ours(tmp_path: Path) -> None:
    write_programs(tmp_path)
    files = list((tmp_path / "examples").rglob("*.py"))
    assert {file.relative_to(tmp_path / "examples").parts[0] for file in files} == set(PROGRAMS)
    for file in files:
        text = file.read_text("utf-8")
        assert "import hanok" not in text
        assert "from hanok" not in text
        compile(text, str(file), "exec")
    assert "app = FastAPI(" in (tmp_path / "examples" / "music_studio" / "main.py").read_text("utf-8")


def test_a_report_is_read_with_its_causes(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite><testcase name="a"/><testcase name="b"><failure message="1 != 2&#10;more"/></testcase>'
        '<testcase name="c"><skipped message="not installed"/></testcase></testsuite></testsuites>',
        "utf-8",
    )
    outcome = read_report("orm_service", report)
    assert (outcome.passed, outcome.failed, outcome.skipped, outcome.outcome) == (1, 1, 1, "failed")
    assert outcome.causes == ["b: ['1 != 2']", "c: ['not installed']"]


def test_the_table_of_programs_is_what_their_results_say() -> None:
    assert table(json.loads(RESULTS.read_text("utf-8"))) in PAGE


def test_the_table_of_packages_is_what_their_results_say() -> None:
    for each in json.loads(RESULTS.with_name("packages.json").read_text("utf-8"))["packages"]:
        assert f"| {each['package']} | {each['version']} | {each['leans_on']} | " in PAGE
