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

from docs import room_pages  # noqa: E402

PAGES = ("CONTRIBUTING.md", "CHANGELOG.md", "bench/README.md", "bench/results/latest.md")
EXAMPLES = "examples/*/README.md"
IMAGES = (".svg", ".png")
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
FENCE = re.compile(r"(^ *(?:```|~~~).*?^ *(?:```|~~~) *$)", re.MULTILINE | re.DOTALL)
ROOM = re.compile(r"src/hanok/(\w+)(?:/__init__\.py)?")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The rooms are part of the navigation without being named there."""
    for section in config.nav or []:
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
    for uri in sorted(set(images(files))):
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / uri)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    return outside_of_fences(markdown, lambda text: LINK.sub(lambda link: linked(link, page, files), text))


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
        return f"{sign}[{text}]({posixpath.relpath(uri, posixpath.dirname(page.file.src_uri) or '.')}{hash_}{anchor})"
    # What is not there at all is left as it is, for MkDocs to complain of.
    return text if (ROOT / resolved(page.file.src_uri, path)).exists() else link[0]


def outside_of_fences(markdown: str, change: Any) -> str:
    parts = FENCE.split(markdown)
    return "".join(part if at % 2 else change(part) for at, part in enumerate(parts))
