"""Photos people send: decoded, made smaller, and written anew, so that only pixels stay."""

import hashlib
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
#: What is not decoded small at once takes up to twenty bytes a pixel on the way.
MAX_PIXELS_WHOLE = 12_000_000
LONGEST_SIDE = 1600
QUALITY = 80

#: Formats whose decoders may see a stranger's bytes.
FORMATS = ("JPEG", "PNG", "WEBP")

#: What the decoders raise for broken and hostile files.
_BROKEN = (
    Image.DecompressionBombError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,  # where warnings are errors
    struct.error,
    zlib.error,
)


class NotAPhotoError(ValueError):
    """The bytes are no photo of a format that is taken."""


class PhotoTooLargeError(NotAPhotoError):
    """The photo has too many bytes or pixels."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo written by us: a JPEG without any metadata."""

    body: bytes
    width: int
    height: int

    @property
    def media_type(self) -> str:
        """Return the type a browser is told."""
        return "image/jpeg"

    @property
    def sha256(self) -> str:
        """Return the hash of the bytes."""
        return hashlib.sha256(self.body).hexdigest()


def clean_photo(data: bytes) -> Photo:
    """Return the photo upright, at most 1600 pixels long, without metadata.

    Size and pixels are looked at before anything is decoded. Raises NotAPhotoError and
    PhotoTooLargeError.
    """
    if len(data) > MAX_BYTES:
        raise PhotoTooLargeError(f"{len(data)} bytes")
    try:
        return _rewritten(data)
    except NotAPhotoError:
        raise
    except _BROKEN as error:
        raise NotAPhotoError(type(error).__name__) from error


def _rewritten(data: bytes) -> Photo:
    with Image.open(BytesIO(data), formats=FORMATS) as picture:
        width, height = picture.size
        is_jpeg = picture.format in {"JPEG", "MPO"}
        is_scalable = is_jpeg and picture.mode in {"RGB", "L"}
        if width * height > (MAX_PIXELS if is_scalable else MAX_PIXELS_WHOLE):
            raise PhotoTooLargeError(f"{width}x{height} pixels")
        # A JPEG is decoded at a half, a quarter or an eighth when that is enough.
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # Pixels go into a new picture: the old one carries comments into the new file.
    bare = Image.new("RGB", upright.size)
    bare.paste(upright)
    written = BytesIO()
    bare.save(written, "JPEG", quality=QUALITY, optimize=True)
    return Photo(written.getvalue(), *bare.size)
