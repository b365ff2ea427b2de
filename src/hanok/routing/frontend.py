"""A built frontend: the files of a directory, below a path, for whatever no route takes."""

from __future__ import annotations

import os
import stat
import sys
import warnings
from typing import Any, Literal

from hanok.exceptions import HTTPError
from hanok.http import FileResponse, RedirectResponse, Request, Response, StaticFiles, run_in_threadpool
from hanok.routing.api_route import APIRoute
from hanok.routing.table import Entry

Fallback = Literal["auto", "index.html", "404.html"] | None
REST = "frontend_path"  # the path parameter that names the file


class FrontendRoute(APIRoute):
    """Answers GET and HEAD below ``path`` with files of ``directory``.

    What is not there is answered by ``fallback``: "404.html" with that page and status 404; "index.html" with that page
    where a browser navigates, so that an application that routes in the browser can; "auto" with the first of the two
    that exists; None with a plain 404. Raises AssertionError and RuntimeError for what cannot be served; the second is only
    a warning if ``check_dir`` is "auto" and ``FASTAPI_ENV`` says development, where the frontend may be built later.
    """

    def __init__(
        self,
        path: str,
        *,
        directory: str | os.PathLike[str],
        fallback: Fallback = "auto",
        check_dir: bool | Literal["auto"] = "auto",
        dependencies: Any = None,
        dependency_overrides_provider: Any = None,
        max_body_size: int | None = None,
    ) -> None:
        if fallback not in ("auto", "index.html", "404.html", None):
            raise AssertionError("fallback must be 'auto', 'index.html', '404.html', or None")
        if check_dir:
            try:
                check(directory, fallback)
            except RuntimeError as error:
                if check_dir != "auto" or os.environ.get("FASTAPI_ENV") != "development":
                    raise
                warnings.warn(str(error), UserWarning, stacklevel=_level_of_user())
        self.directory = directory
        self.files = StaticFiles(directory=directory, check_dir=False)
        self.fallback = fallback
        super().__init__(
            f"{path}/{{{REST}:path}}",
            self.serve,
            methods=["GET", "HEAD"],
            response_model=None,
            include_in_schema=False,
            dependencies=dependencies,
            dependency_overrides_provider=dependency_overrides_provider,
            max_body_size=max_body_size,
        )

    def entry(self, index: int) -> Entry | None:
        # Which methods are allowed depends on whether there is a file.
        return Entry(index, self, self.template, None, self.endpoint, self.max_body_size)

    async def serve(self, request: Request, injected: Response) -> Response:
        """The answer, with the headers that the dependencies have set."""
        response = await self.find(request)
        response.raw_headers.extend(injected.raw_headers)
        return response

    async def find(self, request: Request) -> Response:
        """The file, a page for what is not there, or a redirect to a directory's own path."""
        path = request.path_params[REST].lstrip("/")
        readable = request.method in ("GET", "HEAD")
        full_path, found = await self.files._look(path)
        if found is not None and stat.S_ISDIR(found.st_mode):
            full_path, found = await self.files._look(os.path.join(path, "index.html"))
            if found is not None and readable and not request.url.path.endswith("/"):
                # The links on a page are relative to its directory only with the slash.
                return RedirectResponse(request.url.replace(path=request.url.path + "/"))
        if found is not None and stat.S_ISREG(found.st_mode):
            if not readable:
                raise HTTPError(405, headers={"Allow": "GET, HEAD"})
            return self.files.file_response(full_path, found, request.scope)
        if not readable:
            raise HTTPError(404)
        return await self._fall_back(request)

    async def _fall_back(self, request: Request) -> Response:
        if self.fallback in ("auto", "404.html"):
            full_path, found = await self.files._look("404.html")
            if found is not None:
                return FileResponse(full_path, stat_result=found, status_code=404)
        if self.fallback in ("auto", "index.html") and navigates(request):
            full_path, found = await self.files._look("index.html")
            if found is not None:
                return self.files.file_response(full_path, found, request.scope)
        # Whoever serves nothing at all should not look like one who is asked for the wrong files.
        await run_in_threadpool(check, self.directory, self.fallback)
        raise HTTPError(404)


def _level_of_user() -> int:
    """The stack level, seen from the caller, of the first frame that is not the package's own."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(package):
        frame = frame.f_back
        level += 1
    return level


def navigates(request: Request) -> bool:
    """Whether a browser wants a page: it names a type of pages in Accept (RFC 9110 §12.5.1), as scripts' requests do not."""
    for choice in ",".join(request.headers.getlist("accept")).lower().split(","):
        kind, *parameters = (part.strip() for part in choice.split(";"))
        if kind in ("text/html", "application/xhtml+xml"):
            return not any(weight.partition("=")[2].strip("0. ") == "" for weight in parameters if weight[:2] == "q=")
    return False


def check(directory: str | os.PathLike[str], fallback: Fallback) -> None:
    """Raise RuntimeError if the directory or the page to fall back on is not there."""
    where = os.path.abspath(directory)
    if not os.path.isdir(where):
        raise RuntimeError(f"Frontend directory '{directory}' does not exist. Resolved absolute path: '{where}'")
    if fallback not in ("auto", None) and not os.path.isfile(os.path.join(where, fallback)):
        raise RuntimeError(
            f"Frontend fallback file '{fallback}' does not exist in directory '{directory}'. "
            f"Resolved absolute directory: '{where}'"
        )
