from __future__ import annotations

import asyncio
import io
from tempfile import SpooledTemporaryFile

import pytest
from pydantic import TypeAdapter, ValidationError

from hanok.http import Headers, UploadFile


def test_what_it_knows_of_itself():
    file = UploadFile(io.BytesIO(b"x"), size=1, filename="f", headers=Headers({"content-type": "text/x"}))
    assert file.content_type == "text/x"
    assert repr(file) == "UploadFile(filename='f', size=1, headers=Headers({'content-type': 'text/x'}))"
    assert UploadFile(io.BytesIO()).content_type is None


@pytest.mark.parametrize("max_size", [0, 3, 100])
def test_it_is_read_and_written_wherever_it_lies(max_size):
    async def main():
        file = UploadFile(SpooledTemporaryFile(max_size=max_size), size=0)  # noqa: SIM115
        await file.write(b"abc")
        await file.write(b"def")
        assert file._in_memory == (max_size != 3)
        assert file.size == 6
        await file.seek(1)
        assert await file.read(2) == b"bc"
        assert await file.read() == b"def"
        await file.close()
        assert file.file.closed

    asyncio.run(main())


def test_a_file_of_unknown_size_stays_so():
    async def main():
        file = UploadFile(io.BytesIO())
        await file.write(b"abc")
        assert file.size is None
        assert not file._in_memory

    asyncio.run(main())


def test_pydantic_takes_it_as_it_is():
    adapter = TypeAdapter(UploadFile)
    file = UploadFile(io.BytesIO())
    assert adapter.validate_python(file) is file
    with pytest.raises(ValidationError, match="Expected UploadFile, received: <class 'str'>"):
        adapter.validate_python("x")
    assert adapter.json_schema() == {"type": "string", "contentMediaType": "application/octet-stream"}
