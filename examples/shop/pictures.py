"""Routes: the picture of a product."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

from examples.shop.database import DatabaseSession
from examples.shop.products import NOT_FOUND, ExistingProduct
from examples.shop.schemas import Problem
from examples.shop.staff import STAFF, STAFF_ERRORS
from hanok import APIRouter, File, Header, HTTPException, Response, UploadFile, status

router = APIRouter(prefix="/products/{product_id}/picture", tags=["pictures"])

LARGEST = 1_000_000
# What files of these types begin with.
BEGINNINGS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8"}
PICTURE = {"content": {name: {"schema": {"type": "string", "format": "binary"}} for name in BEGINNINGS}}


@router.put(
    "",
    summary="Upload the picture",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=STAFF,
    responses={
        **STAFF_ERRORS,
        **NOT_FOUND,
        413: {"model": Problem, "description": "The picture is too large."},
        415: {"model": Problem, "description": "It is not a picture of a known type."},
    },
)
def upload_picture(
    product: ExistingProduct,
    session: DatabaseSession,
    file: Annotated[UploadFile, File(description="PNG, JPEG or GIF, at most 1 MB.")],
) -> None:
    if file.content_type not in BEGINNINGS:
        raise HTTPException(
            status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
            f"{file.filename} is {file.content_type or 'of no type'}; send one of {', '.join(BEGINNINGS)}.",
        )
    content = file.file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, f"{file.filename} is larger than {LARGEST:,} bytes.")
    if not content.startswith(BEGINNINGS[file.content_type]):
        raise HTTPException(
            status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
            f"{file.filename} says that it is {file.content_type}, but its content is not.",
        )
    product.picture, product.picture_type = content, file.content_type
    session.commit()


@router.get(
    "",
    summary="The picture",
    response_class=Response,
    responses={200: PICTURE, 304: {"description": "You have it already."}, **NOT_FOUND},
)
def read_picture(product: ExistingProduct, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """With an `ETag`, so that a browser that has it does not fetch it again."""
    if product.picture is None or product.picture_type is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"{product.name} has no picture.")
    etag = f'"{sha256(product.picture).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if if_none_match is not None and etag in if_none_match:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(product.picture, media_type=product.picture_type, headers=headers)
