"""What MkDocs is told of this tree: pages that lie outside of this folder, a page for each room, and no dead links.

Links in the pages are those of the files, so that they work wherever the files are read. Here they become links of the
site; a link to a file that the site does not have becomes its text.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]  # this tree, whatever is installed

from docs import reference_pages, room_pages  # noqa: E402

PAGES = ("CONTRIBUTING.md", "CHANGELOG.md", "bench/README.md", "bench/results/latest.md")
EXAMPLES = "examples/*/README.md"
IMAGES = (".svg", ".png")
OPTIONS = "options.md"
# What is meant by a name that a page gives as code: it is linked where the page names it first.
NAMES = {
    "hanok new": "first-hour.md#hanok-new-name",
    "hanok doctor": "first-hour.md#hanok-doctor-mainapp",
    "hanok dev": "first-hour.md#pages-in-debug-mode",
    "hanok run": "server.md",
    "hanok config": "options.md",
    "hanok top": "observability.md#hanok-top",
    "hanok bench": "performance.md#your-own-application",
    "hanok dropin enable": "coming-from-fastapi.md#three-ways",
    "hanok export": "deployment.md",
    "hanok export systemd": "deployment.md#one-machine",
    "hanok export nginx": "deployment.md#several-servers-behind-nginx",
    "hanok export docker": "deployment.md#containers",
    "hanok export k8s": "deployment.md#kubernetes",
    "TestClient": "testing.md",
    "LiveServer": "testing.md#through-a-real-socket",
    "hanok.exchange:Exchange": "how-a-request-flows.md",
}
# Names of the reference that mean something else on most pages: fields of HTTP.
AMBIGUOUS = {"Host", "Cookie"}
# How much a page weighs in the search: those to learn from before those to look into. A title weighs a thousand times as much
# as text, and in the reference each name is one.
WEIGHTS = {
    "first-hour.md": 2, "tutorial.md": 2, "server.md": 2, "deployment.md": 2, "coming-from-fastapi.md": 3, "options.md": 1.5,
    "CHANGELOG.md": 0.3, "bench/README.md": 0.5, "bench/results/latest.md": 0.2, "performance.md": 0.5,
}  # fmt: skip
WEIGHTS_OF_FOLDERS = {"rooms": 0.5, "reference": 0.001}
# Code in a line of HTML, but not where it is a link, a heading or a block already.
WHOLE = re.compile(r"(<(a|pre|h[1-6])\b.*?</\2>)", re.DOTALL)
CODE = re.compile(r"<code>([^<>]+)</code>")
OPTION = re.compile(r"<td><code>(--[a-z0-9-]+)</code>")
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
FENCE = re.compile(r"(^ *(?:```|~~~).*?^ *(?:```|~~~) *$)", re.MULTILINE | re.DOTALL)
ROOM = re.compile(r"src/hanok/(\w+)(?:/__init__\.py)?")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The rooms and the pages of the reference are part of the navigation without being named there."""
    for section in config.nav or []:
        if "Reference" in section:
            section["Reference"] = [reference_pages.uri(name) for name in reference_pages.PAGES]
        for pages in section.values():
            if isinstance(pages, list) and "rooms.md" in pages:
                at = pages.index("rooms.md")
                rooms = [f"rooms/{room}.md" for room in room_pages.rooms()]
                pages[at : at + 1] = [{"The rooms": [{"All of them": "rooms.md"}, *rooms]}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for uri in outside():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / uri)))
    for room in room_pages.rooms():
        files.append(File.generated(config, f"rooms/{room}.md", content=room_pages.page(room)))
    for name, reference in reference_pages.PAGES.items():
        files.append(File.generated(config, reference_pages.uri(name), content=reference.text))
    for uri in sorted(set(images(files))):
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / uri)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    uri = page.file.src_uri
    weight = WEIGHTS.get(uri, WEIGHTS_OF_FOLDERS.get(posixpath.dirname(uri), 1))
    page.meta.setdefault("search", {"boost": weight})
    return outside_of_fences(markdown, lambda text: LINK.sub(lambda link: linked(link, page, files), text))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Options and other names lead to where they are explained."""
    if page.file.src_uri == OPTIONS:
        return OPTION.sub(r'<td id="\1"><code><a href="#\1">\1</a></code>', html)
    known = places(files)
    seen: set[str] = set()

    def named(code: re.Match[str]) -> str:
        name = code[1].partition(" ")[0] if code[1].startswith("--") else code[1].removesuffix("()")
        uri, hash_, anchor = known.get(name, "").partition("#")
        if not uri or name in seen or uri == page.file.src_uri:
            return code[0]
        seen.add(name)
        return f'<a href="{relative(files, uri, page)}{hash_}{anchor}">{code[0]}</a>'

    parts = WHOLE.split(html)  # each whole element is followed by the name of its tag
    return "".join(CODE.sub(named, part) if at % 3 == 0 else part for at, part in enumerate(parts) if at % 3 != 2)


def places(files: Files) -> dict[str, str]:
    """The place of each name: that of an option is its line in the table."""
    page = files.get_file_from_path(OPTIONS)
    flags = re.findall(r"^\| `(--[a-z0-9-]+)`", page.content_string, re.MULTILINE) if page else []
    fields = {flag[2:].replace("-", "_"): flag for flag in flags}
    said = {name: flag for name, flag in fields.items() if "_" in name} | {flag: flag for flag in flags}
    classes = {name: place for name, place in reference_pages.places().items() if name not in AMBIGUOUS}
    return classes | NAMES | {name: f"{OPTIONS}#{flag}" for name, flag in said.items()}


def relative(files: Files, uri: str, page: Page) -> str:
    found = files.get_file_from_path(uri)
    assert found is not None, f"docs/hooks.py names {uri}, which is not there"
    return str(found.url_relative_to(page.file))


def outside() -> list[str]:
    """The pages of other folders, by their path in the tree; that is their place in the site, too."""
    return [*PAGES, *(str(found.relative_to(ROOT)) for found in sorted(ROOT.glob(EXAMPLES)))]


def images(files: Files) -> Iterator[str]:
    """The images outside of this folder that pages show."""
    for file in files.documentation_pages():
        for _, _, target in LINK.findall(file.content_string):
            path = resolved(file.src_uri, target.partition("#")[0])
            if path.endswith(IMAGES) and not path.startswith("docs/") and (ROOT / path).is_file():
                yield path


def in_tree(uri: str) -> str:
    """Where a page of the site lies in the tree."""
    return uri if (ROOT / uri).is_file() else f"docs/{uri}"


def in_site(path: str) -> str:
    """What has this path in the tree, by its place in the site."""
    if path == "README.md":
        return "index.md"
    if room := ROOM.fullmatch(path):
        return f"rooms/{room[1]}.md"
    return path.removeprefix("docs/")


def resolved(uri: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(in_tree(uri)), target))


def linked(link: re.Match[str], page: Page, files: Files) -> str:
    sign, text, target = link.groups()
    path, hash_, anchor = target.partition("#")
    if not path or re.match(r"[a-z]+:", target):
        return link[0]
    uri = in_site(resolved(page.file.src_uri, path))
    if files.get_file_from_path(uri):
        there = posixpath.relpath(uri, posixpath.dirname(page.file.src_uri) or ".")
        dark = there.removesuffix(".png") + "-dark.png"
        if sign and not anchor and files.get_file_from_path(uri.removesuffix(".png") + "-dark.png"):
            return f"![{text}]({there}#only-light)![{text}]({dark}#only-dark)"
        return f"{sign}[{text}]({there}{hash_}{anchor})"
    # What is not there at all is left as it is, for MkDocs to complain of.
    return text if (ROOT / resolved(page.file.src_uri, path)).exists() else link[0]


def outside_of_fences(markdown: str, change: Any) -> str:
    parts = FENCE.split(markdown)
    return "".join(part if at % 2 else change(part) for at, part in enumerate(parts))
