"""The site is built without a warning; in it every link leads somewhere, and nothing is loaded from elsewhere."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import hanok.security
import hanok.testing

# Where the browser loads something by itself.
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "object": "data"}
LOADING_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch", "manifest"}


@dataclass
class Html(HTMLParser):
    """What is said in a page of ids, of links, and of what is loaded."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.ids |= {said[name] for name in ("id", "name") if said.get(name)}
        if tag in LOADS and said.get(LOADS[tag]):
            self.loaded.append(said[LOADS[tag]])
        elif tag == "link" and LOADING_LINKS & set(said.get("rel", "").split()):
            self.loaded.append(said["href"])
        elif "href" in said:
            self.links.append(said["href"])


def read(page: Path) -> Html:
    html = Html()
    html.feed(page.read_text("utf-8"))
    html.close()
    return html


pytestmark = pytest.mark.timeout(
    150
)  # the first of them builds the site: a few seconds, if nobody else wants the processor


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once, also where several processes share the tests."""
    pytest.importorskip("mkdocs")
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, built = shared / "site", shared / "site-is-built"
    with open(shared / "site.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            build(root, folder)
            built.touch()
    return folder


def build(root: Path, folder: Path) -> None:
    # It is not measured for coverage: that would take most of its time.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environment |= {"NO_MKDOCS_2_WARNING": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=140)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Html]:
    # The page for what is not found may be shown anywhere, so its links begin at the root of a server.
    return {page: read(page) for page in sorted(site.rglob("*.html")) if page != site / "404.html"}


def test_every_page_of_the_tree_is_in_the_site(root: Path, site: Path, pages: dict[Path, Html]) -> None:
    written = {page.stem for page in (root / "docs").glob("*.md")} | {"CONTRIBUTING", "CHANGELOG"}
    assert written == {page.stem for page in site.glob("*.html")} - {"404"}
    rooms = {found.parent.name for found in (root / "src" / "hanok").glob("*/__init__.py")}
    assert rooms == {page.stem for page in (site / "rooms").glob("*.html")}
    programs = {found.parent.name for found in (root / "examples").glob("*/README.md")}
    assert programs == {page.parent.name for page in (site / "examples").glob("*/index.html")}


def test_every_link_leads_to_a_file_and_a_place_in_it(site: Path, pages: dict[Path, Html]) -> None:
    broken = []
    for page, html in pages.items():
        for target in html.links + html.loaded:
            parts = urlsplit(target)
            if parts.scheme in ("http", "https", "mailto", "data", "javascript"):
                continue
            file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if file.is_dir():
                file /= "index.html"
            anchor = unquote(parts.fragment)
            there = file.is_file() and file.is_relative_to(site.resolve())
            if not there or (anchor and file in pages and anchor not in pages[file].ids | {"__search"}):
                broken.append(f"{page.relative_to(site)}: {target}")
    assert broken == []
    assert sum(len(html.links) for html in pages.values()) > 1000


def test_options_lead_to_their_line_and_commands_to_their_page(site: Path, pages: dict[Path, Html]) -> None:
    assert {"--workers", "--max-body-size"} <= pages[site / "options.html"].ids
    assert "options.html#--timeout-idle-shutdown" in pages[site / "deployment.html"].links
    assert "options.html#--forwarded-allow-ips" in pages[site / "deployment.html"].links
    assert (
        "first-hour.html#hanok-doctor-mainapp"
        in pages[site / "index.html"].links + pages[site / "CHANGELOG.html"].links
    )
    assert "testing.html" in pages[site / "tutorial.html"].links


def test_public_names_are_in_the_reference_and_pages_lead_to_them(site: Path, pages: dict[Path, Html]) -> None:
    ids = set().union(*(html.ids for page, html in pages.items() if page.parent.name == "reference"))
    last_parts = {name.rpartition(".")[2] for name in ids if name.startswith("hanok.")}
    no_classes = {"__version__", "status", "FastAPI"}  # FastAPI is Hanok
    for module in (hanok, hanok.security, hanok.testing):
        assert set(module.__all__) - last_parts - no_classes - {"SecurityBase"} == set()
    assert {"hanok.Hanok.include_router", "hanok.http.FileResponse", "hanok.routing.options.RouteOptions"} <= ids
    assert "reference/requests.html#hanok.UploadFile" in pages[site / "tutorial.html"].links
    assert "../reference/security.html#hanok.security.HTTPBearer" in pages[site / "rooms" / "security.html"].links


def test_links_to_elsewhere_are_whole(site: Path, pages: dict[Path, Html]) -> None:
    outside = {link for html in pages.values() for link in html.links if link.startswith(("http:", "https:"))}
    assert outside
    assert [link for link in outside if not urlsplit(link).hostname or " " in link] == []


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Html]) -> None:
    loaded = {(str(page.relative_to(site)), url) for page, html in pages.items() for url in html.loaded}
    assert {
        (page, url) for page, url in loaded if urlsplit(url).scheme not in ("", "data") or url.startswith("//")
    } == set()
    for sheet in site.rglob("*.css"):
        assert "url(http" not in sheet.read_text("utf-8").replace('"', "").replace("'", ""), sheet.name


def test_pages_opened_from_files_have_what_the_search_needs(site: Path) -> None:
    assert (site / "search" / "search_index.js").read_text("utf-8").startswith("var __index = ")
    assert "assets/iframe-worker.js" in (site / "index.html").read_text("utf-8")


def test_no_markdown_is_left_over_in_a_page(pages: dict[Path, Html], site: Path) -> None:
    """A list without an empty line before it, or a fence that was not understood, would be seen as text."""
    seen = []
    for page in pages:
        text = page.read_text("utf-8")
        if "<p>```" in text or "\n- **" in text or "\n- <code>" in text or "\n```" in text:
            seen.append(str(page.relative_to(site)))
    assert seen == []


def test_a_list_that_goes_on_after_a_heading_goes_on_with_its_numbers(site: Path) -> None:
    assert '<ol start="5">' in (site / "how-a-request-flows.html").read_text("utf-8")


def test_a_link_that_leads_nowhere_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<a id="here" href="#there">x</a><img src="no.png">')
    html = read(tmp_path / "index.html")
    with pytest.raises(AssertionError, match=r"no\.png"):
        test_every_link_leads_to_a_file_and_a_place_in_it(tmp_path, {tmp_path / "index.html": html})


# What somebody would type in the first hour, and a page that ought to be among the first five.
QUESTIONS = {
    "supervisor": "server.html",
    "workers": "options.html",
    "nginx": "deployment.html",
    "docker": "deployment.html",
    "uvicorn": "coming-from-fastapi.html",
    "depends": "tutorial.html",
    "upload file": "tutorial.html",
    "testclient": "testing.html",
    "https certificate": "server.html",
    "prometheus": "observability.html",
    "database pool": "databases.html",
    "flask": "coming-from-flask.html",
    "max body size": "options.html",
    "lambda": "deployment.html",
    "FileResponse": "responses.html",
}

# The first five of the results, each a page, as the search shows them.
FIRST_PAGES = """() => [...document.querySelectorAll(".md-search-result__item > a:first-child")].slice(0, 5)
    .map(link => new URL(link.href).pathname.split("/").pop())"""


def test_the_search_of_pages_opened_from_files_answers_newcomers_and_asks_nobody(site: Path) -> None:
    api = pytest.importorskip("playwright.sync_api")
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        pytest.skip("Chromium is not installed")
    asked: list[str] = []
    found: dict[str, list[str]] = {}
    with api.sync_playwright() as playwright:
        # Debian's Chromium refuses to run as root with its sandbox; it sees pages of ours only.
        window = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = window.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "index.html").as_uri())
        field = page.locator("input.md-search__input")
        field.click()
        for question, expected in QUESTIONS.items():
            field.fill("")
            page.keyboard.type(question)  # the search listens to keys
            with suppress(api.TimeoutError):
                page.wait_for_function(f"({FIRST_PAGES})().includes('{expected}')", timeout=5_000)
            found[question] = page.evaluate(FIRST_PAGES)
        window.close()
    assert {question: pages for question, pages in found.items() if QUESTIONS[question] not in pages} == {}
    assert [url for url in asked if not url.startswith(("file:", "data:", "about:", "blob:"))] == []
