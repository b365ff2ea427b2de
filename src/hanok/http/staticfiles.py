"""StaticFiles: an application that serves the files of directories."""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import TYPE_CHECKING, ClassVar

from hanok.exceptions import HTTPError
from hanok.gateways import NativeApp
from hanok.http.concurrency import run_in_threadpool
from hanok.http.dates import parse_http_date
from hanok.http.files import FileResponse
from hanok.http.headers import Headers
from hanok.http.redirect import RedirectResponse
from hanok.http.response import Response
from hanok.http.url import URL

if TYPE_CHECKING:
    from hanok.exchange import AnyExchange
    from hanok.types import Scope

# The opaque part of an entity tag (RFC 9110 §8.8.3).
_TAG = re.compile(r'"[^"]*"')

PathLike = str | os.PathLike[str]


class NotModifiedResponse(Response):
    """A 304, with those headers of the full answer that belong on it (RFC 9110 §15.4.5)."""

    NOT_MODIFIED_HEADERS: ClassVar = ("cache-control", "content-location", "date", "etag", "expires", "vary")

    def __init__(self, headers: Headers) -> None:
        kept = {name: value for name, value in headers.items() if name in self.NOT_MODIFIED_HEADERS}
        super().__init__(status_code=304, headers=kept)


class StaticFiles(NativeApp):
    """Serves what lies in ``directory`` and in the ``statics`` directory (or one that is named) of
    ``packages``.

    With ``html`` a directory is served by its ``index.html``, and what is not there by ``404.html``. Nothing
    outside of the directories is served; ``follow_symlink`` lets links lead out of them. Raises HTTPError
    404 and 405.
    """

    def __init__(
        self,
        *,
        directory: PathLike | None = None,
        packages: list[str | tuple[str, str]] | None = None,
        html: bool = False,
        check_dir: bool = True,
        follow_symlink: bool = False,
    ) -> None:
        self.directory = directory
        self.packages = packages
        self.all_directories = self.get_directories(directory, packages)
        self.html = html
        self.config_checked = False
        self.follow_symlink = follow_symlink
        if check_dir and directory is not None and not os.path.isdir(directory):
            raise RuntimeError(f"Directory '{directory}' does not exist")

    def get_directories(
        self, directory: PathLike | None = None, packages: list[str | tuple[str, str]] | None = None
    ) -> list[PathLike]:
        """All directories to look in, in that order. Raises AssertionError for a package without one."""
        directories: list[PathLike] = [] if directory is None else [directory]
        for package in packages or ():
            name, inner = (package, "statics") if isinstance(package, str) else package
            directories.append(_package_directory(name, inner))
        return directories

    async def handle(self, exchange: AnyExchange) -> None:
        if exchange.kind == "websocket":
            await exchange.send({"type": "websocket.close", "code": 1000, "reason": ""})
            return
        if not self.config_checked:
            await self.check_config()
            self.config_checked = True
        scope = exchange.scope
        response = await self.get_response(self.get_path(scope), scope)
        await response.send(exchange)

    def get_path(self, scope: Scope) -> str:
        """The path below the mount, in the form of this system."""
        path: str = scope["path"]
        root: str = scope.get("root_path", "")
        if path == root or path.startswith(root.rstrip("/") + "/"):
            path = path[len(root) :]
        return os.path.normpath(path.lstrip("/"))

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The answer for a path of ``get_path``."""
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPError(405, headers={"Allow": "GET, HEAD"})
        full_path, found = await self._look(path)
        if found is not None and stat.S_ISREG(found.st_mode):
            return self.file_response(full_path, found, scope)
        if self.html:
            if found is not None and stat.S_ISDIR(found.st_mode):
                index_path, index = await self._look(os.path.join(path, "index.html"))
                if index is not None and stat.S_ISREG(index.st_mode):
                    if not scope["path"].endswith("/"):
                        # The links on a page are relative to its directory only with the slash.
                        url = URL(scope=scope)
                        return RedirectResponse(url.replace(path=url.path + "/"))
                    return self.file_response(index_path, index, scope)
            page_path, page = await self._look("404.html")
            if page is not None and stat.S_ISREG(page.st_mode):
                return FileResponse(page_path, stat_result=page, status_code=404)
        raise HTTPError(404)

    async def _look(self, path: str) -> tuple[str, os.stat_result | None]:
        try:
            return await run_in_threadpool(self.lookup_path, path)
        except PermissionError:
            raise HTTPError(401) from None
        except ValueError:  # a null byte
            raise HTTPError(404) from None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise HTTPError(404) from None
            raise

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Where the path leads and what is there; ``("", None)`` if nothing is, or it is not ours to show."""
        resolve = os.path.abspath if self.follow_symlink else os.path.realpath
        for directory in self.all_directories:
            root = resolve(os.fspath(directory))
            full_path = resolve(os.path.join(root, path))
            if os.path.commonpath([full_path, root]) != root:
                continue
            try:
                return full_path, os.stat(full_path)
            except (FileNotFoundError, NotADirectoryError):
                continue
        return "", None

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, or a 304 if the client has it."""
        response = FileResponse(full_path, status_code=status_code, stat_result=stat_result)
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(response.headers)
        return response

    async def check_config(self) -> None:
        """Raise RuntimeError if the directory is not there: asked once, before the first request."""
        if self.directory is None:
            return
        try:
            found = await run_in_threadpool(os.stat, self.directory)
        except FileNotFoundError:
            raise RuntimeError(f"StaticFiles directory '{self.directory}' does not exist.") from None
        if not stat.S_ISDIR(found.st_mode):
            raise RuntimeError(f"StaticFiles path '{self.directory}' is not a directory.")

    def is_not_modified(self, response_headers: Headers, request_headers: Headers) -> bool:
        """Whether the conditions of the request say that the client has what we would send (RFC 9110
        §13.2.2)."""
        if (known := request_headers.get("if-none-match")) is not None:
            # RFC 9110 §13.1.2: compared weakly.
            return known.strip() == "*" or response_headers["etag"].removeprefix("W/") in _TAG.findall(known)
        since = parse_http_date(request_headers.get("if-modified-since", ""))
        modified = parse_http_date(response_headers["last-modified"])
        return since is not None and modified is not None and since >= modified


def _package_directory(name: str, inner: str) -> str:
    from importlib.util import find_spec

    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise AssertionError(f"Package {name!r} could not be found.")
    directory = os.path.normpath(os.path.join(spec.origin, "..", inner))
    if not os.path.isdir(directory):
        raise AssertionError(f"Directory '{inner!r}' in package {name!r} could not be found.")
    return directory
