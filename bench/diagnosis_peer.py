"""The peer of bench-diagnosis: the published starting thresholds, applied plainly.

brightness < 30 or > 220, contrast (standard deviation) < 25, freeze > 95 % alike, noise > 15 %; for blur, on which
those say nothing, the variance of the Laplacian below 100, as tutorials start with. Where the text leaves open what is
counted, the milder reading is taken: alike are points within 2 steps; a point is noise when it lies 25 steps off the
median of its neighbours. Loss of signal (5 s without packets) cannot be seen in a picture.
"""

import numpy as np
from scipy import ndimage

from commonsight.vision.picture import Planes

ITEMS = ("too_dark", "too_bright", "low_contrast", "noise", "freeze", "blur")


def judge(picture: Planes, previous: Planes | None) -> dict[str, bool]:
    """What it says of a picture, by item."""
    luma = np.clip((picture.luma.astype(np.float32) - 16) * (255 / 219), 0, 255)
    mean, spread = float(luma.mean()), float(luma.std())
    rough = np.abs(luma - ndimage.median_filter(luma, 3))
    laplacian = ndimage.convolve(luma, np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], np.float32), mode="nearest")
    found = {
        "too_dark": mean < 30,
        "too_bright": mean > 220,
        "low_contrast": spread < 25,
        "noise": float((rough > 25).mean()) > 0.15,
        "blur": float(laplacian.var()) < 100,
    }
    if previous is not None:
        apart = np.abs(picture.luma.astype(np.int16) - previous.luma)
        found["freeze"] = float((apart <= 2).mean()) > 0.95
    return found
