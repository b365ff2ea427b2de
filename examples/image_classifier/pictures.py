"""From the bytes of a file to a picture."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
# A small file may become a huge picture. The head of the file tells its size, before anything is unpacked.
MOST_PIXELS = 25_000_000


class NotAPicture(ValueError):
    """No format that we read, or broken."""


class TooLarge(ValueError):
    """More pixels than we unpack."""


def read_picture(content: bytes) -> Image.Image:
    """The picture in shades of grey, on white where it was transparent. Raises NotAPicture or TooLarge."""
    try:
        picture = Image.open(BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise TooLarge
        picture.load()
    except TooLarge:
        raise
    except Image.DecompressionBombError:
        raise TooLarge from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):  # what Pillow raises for what is broken
        raise NotAPicture from None
    picture = ImageOps.exif_transpose(picture).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("L")
