"""Forms: a body of ``multipart/form-data`` (RFC 7578) or ``application/x-www-form-urlencoded`` → FormData.

Both are parsed as they arrive. Fields are held in memory up to a limit; files in memory up to 1 MiB, then on
disk.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from hanok.exceptions import HTTPError
from hanok.http.headers import Headers, headers_of
from hanok.http.multidict import FormData
from hanok.http.query import parse_pairs
from hanok.http.upload import UploadFile

if TYPE_CHECKING:
    from hanok.exchange import Exchange

MEBIBYTE = 1024 * 1024


class MultiPartException(Exception):
    """The form is malformed or beyond the limits."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def media_type_of(content_type: str) -> str:
    """``text/html; charset=utf-8`` → ``text/html``, in lower case (RFC 9110 §8.3.1)."""
    return content_type.partition(";")[0].strip().lower()


def decode_text(raw: bytes | bytearray, charset: str) -> str:
    """Text of a form. Browsers send UTF-8 whatever they say (RFC 7578 §5.1.2); every byte means something in Latin-1."""
    try:
        return raw.decode(charset)
    except (UnicodeDecodeError, LookupError):
        return raw.decode("latin-1")


async def form_of(
    exchange: Exchange,
    *,
    max_files: int | float = 1000,
    max_fields: int | float = 1000,
    max_part_size: int = MEBIBYTE,
    stream: Callable[[], AsyncIterable[bytes]] | None = None,
) -> FormData:
    """The form of an exchange, parsed once; empty if the body is no form.

    ``stream`` replaces the exchange's own body. The files are closed with ``exchange.exits``. Raises as
    ``Request.form``.
    """
    form: FormData | None = exchange.form_cache
    if form is not None:
        return form
    headers = headers_of(exchange)
    media_type = media_type_of(headers.get("content-type", ""))
    if media_type not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        form = exchange.form_cache = FormData()
        return form
    body = (stream or exchange.stream)()
    parser: MultiPartParser | FormParser
    if media_type == "multipart/form-data":
        parser = MultiPartParser(
            headers,
            body,
            max_files=max_files,
            max_fields=max_fields,
            max_part_size=max_part_size,
        )
    else:
        parser = FormParser(
            headers,
            body,
            max_fields=max_fields,
            max_part_size=max_part_size,
        )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        if exchange.app is None:
            raise
        raise HTTPError(400, error.message) from error
    finally:
        if hasattr(body, "aclose"):
            await body.aclose()
    exchange.form_cache = form
    if any(type(value) is not str for _, value in form._list):
        if exchange.exits is None:
            exchange.exits = []
        exchange.exits.append(form)
    return form


class FormParser:
    """``application/x-www-form-urlencoded``: the syntax of a query string."""

    def __init__(
        self,
        headers: Headers,
        stream: AsyncIterable[bytes],
        *,
        max_fields: int | float = 1000,
        max_part_size: int = MEBIBYTE,
    ) -> None:
        self.headers = headers
        self.stream = stream
        self.max_fields = max_fields
        self.max_part_size = max_part_size
        self._pairs: list[tuple[str, str | UploadFile]] = []

    async def parse(self) -> FormData:
        """Read the stream to its end. Raises MultiPartException."""
        rest = b""
        async for piece in self.stream:
            whole, ampersand, tail = piece.rpartition(b"&")
            if ampersand:
                self._add(rest + whole)
                rest = tail
            else:
                rest += piece
            if len(rest) > self.max_part_size + 1:  # it may hold one "=", which does not count
                raise self._too_long()
        self._add(rest)
        return FormData(self._pairs)

    def _add(self, data: bytes) -> None:
        for field in data.split(b"&") if len(data) > self.max_part_size else ():
            if len(field) - (b"=" in field) > self.max_part_size:
                raise self._too_long()
        # Counted before they are parsed: a body of nothing but "&" and names is cheap to send.
        if len(self._pairs) + sum(1 for field in data.split(b"&") if field) > self.max_fields:
            raise MultiPartException(f"Too many fields. Maximum number of fields is {self.max_fields}.")
        self._pairs += parse_pairs(data.decode("latin-1"))

    def _too_long(self) -> MultiPartException:
        return MultiPartException(f"Field exceeded maximum size of {self.max_part_size // 1024}KB.")


def known_charset(name: str) -> str:
    """The charset, or Latin-1 if nobody knows it."""
    import codecs

    try:
        return codecs.lookup(name).name
    except LookupError:
        return "latin-1"


class MultiPartParser:
    """``multipart/form-data``. A part with a file name is a file, any other a field."""

    spool_max_size = MEBIBYTE
    max_part_size = MEBIBYTE

    def __init__(
        self,
        headers: Headers,
        stream: AsyncIterable[bytes],
        *,
        max_files: int | float = 1000,
        max_fields: int | float = 1000,
        max_part_size: int = MEBIBYTE,
    ) -> None:
        self.headers = headers
        self.stream = stream
        self.max_files = max_files
        self.max_fields = max_fields
        self.max_part_size = max_part_size
        self._charset = "utf-8"
        self._items: list[tuple[str, str | UploadFile]] = []
        self._files: list[UploadFile] = []
        self._fields = 0
        self._part_headers: list[tuple[bytes, bytes]] = []
        self._header_name = self._header_value = b""
        self._name = ""
        self._file: UploadFile | None = None
        self._value = bytearray()
        # The parser calls back synchronously; what may touch the disk waits here until it has returned.
        self._writes: list[tuple[UploadFile, bytes]] = []
        self._complete: list[UploadFile] = []

    async def parse(self) -> FormData:
        """Read the stream to its end. Raises MultiPartException; then no file is left open."""
        from python_multipart.exceptions import FormParserError

        try:
            parser = self._make_parser()
            async for piece in self.stream:
                parser.write(piece)
                await self._flush()
            parser.finalize()
        except BaseException as error:
            for file in self._files:
                file.file.close()
            if isinstance(error, FormParserError):
                raise MultiPartException("Invalid multipart data.") from error
            raise
        return FormData(self._items)

    def _make_parser(self) -> Any:
        from python_multipart.multipart import MultipartParser, parse_options_header

        _, options = parse_options_header(self.headers["content-type"])
        self._charset = known_charset(options.get(b"charset", b"utf-8").decode("latin-1"))
        boundary = options.get(b"boundary")
        if boundary is None:
            raise MultiPartException("Missing boundary in multipart.")
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self.on_part_begin,
                "on_part_data": self.on_part_data,
                "on_part_end": self.on_part_end,
                "on_header_field": self.on_header_field,
                "on_header_value": self.on_header_value,
                "on_header_end": self.on_header_end,
                "on_headers_finished": self.on_headers_finished,
            },
        )

    async def _flush(self) -> None:
        for file, data in self._writes:
            await file.write(data)
        for file in self._complete:
            await file.seek(0)
        self._writes.clear()
        self._complete.clear()

    # ---- called by the parser

    def on_part_begin(self) -> None:
        self._part_headers = []
        self._file = None
        self._value = bytearray()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def on_header_end(self) -> None:
        self._part_headers.append((self._header_name.lower(), self._header_value))
        self._header_name = self._header_value = b""

    def on_headers_finished(self) -> None:
        from python_multipart.multipart import parse_options_header

        disposition = next((value for name, value in self._part_headers if name == b"content-disposition"), None)
        _, options = parse_options_header(disposition)
        if b"name" not in options:
            raise MultiPartException('The Content-Disposition header field "name" must be provided.')
        self._name = decode_text(options[b"name"], self._charset)
        if b"filename" in options:
            self._open_file(decode_text(options[b"filename"], self._charset))
        else:
            self._fields += 1
            if self._fields > self.max_fields:
                raise MultiPartException(f"Too many fields. Maximum number of fields is {self.max_fields}.")

    def _open_file(self, filename: str) -> None:
        if len(self._files) >= self.max_files:
            raise MultiPartException(f"Too many files. Maximum number of files is {self.max_files}.")
        # Closed with the form.
        spool = cast(BinaryIO, SpooledTemporaryFile(max_size=self.spool_max_size))  # noqa: SIM115
        self._file = UploadFile(spool, size=0, filename=filename, headers=Headers(raw=self._part_headers))
        self._files.append(self._file)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._writes.append((self._file, data[start:end]))
            return
        if len(self._value) + end - start > self.max_part_size:
            raise MultiPartException(f"Part exceeded maximum size of {self.max_part_size // 1024}KB.")
        self._value += data[start:end]

    def on_part_end(self) -> None:
        if self._file is None:
            self._items.append((self._name, decode_text(self._value, self._charset)))
        else:
            self._items.append((self._name, self._file))
            self._complete.append(self._file)
