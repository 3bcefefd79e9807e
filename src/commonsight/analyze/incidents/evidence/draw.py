"""Drawing an incident's boxes into its picture: on the way out, never into what is kept."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

RED: Final = (230, 40, 40)
QUALITY: Final = 90


def boxed(data: bytes, boxes: Sequence[Sequence[float]]) -> bytes:
    """The JPEG with the boxes (x0, y0, x1, y1 in 0..1) in it; as it is without any."""
    if not boxes:
        return data
    with Image.open(BytesIO(data), formats=["JPEG"]) as opened:
        picture = opened.convert("RGB")
    width, height = picture.size
    line = max(2, round(height / 240))
    drawing = ImageDraw.Draw(picture)
    for x0, y0, x1, y1 in boxes:
        left, right = sorted((x0 * width, x1 * width))
        top, bottom = sorted((y0 * height, y1 * height))
        drawing.rectangle((left, top, right, bottom), outline=RED, width=line)
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
