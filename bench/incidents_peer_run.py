"""The recipe of bench.incidents_peer, in its own environment.

    <bench python> incidents_peer_run.py <folder>

The folder holds `pictures.npy` (n, height, width, 3) and `work.json` (times, seconds, largest, grid). Prints one JSON
line per configuration: {"setting": {...}, "reports": [[s, [x0, y0, x1, y1]], ...]}.
"""

import itertools
import json
import sys
from pathlib import Path

import cv2
import numpy as np

LEARN = 9
"""Pictures from which the slow model learns at its best rate, as ours does."""


def subtractor(setting):
    if setting["model"] == "MOG2":
        made = cv2.createBackgroundSubtractorMOG2(500, 16.0 * setting["threshold"], True)
    else:
        made = cv2.createBackgroundSubtractorKNN(500, 400.0 * setting["threshold"], True)
    return made


def run(pictures, times, seconds, largest, setting):
    slow, quick = subtractor(setting), subtractor(setting)
    high, wide = pictures.shape[1:3]
    still = np.zeros((high, wide), np.float32)
    reported, reports = [], []
    kernel = np.ones((3, 3), np.uint8)
    for index, picture in enumerate(pictures):
        new = slow.apply(picture, learningRate=1 / (index + 1) if index < LEARN else setting["slow"]) == 255
        busy = quick.apply(picture, learningRate=1 / (index + 1) if index < LEARN else setting["quick"]) == 255
        step = times[index] - times[index - 1] if index else 0.0
        stands = new & ~busy
        still = np.where(stands, still + step, np.maximum(still - step, 0))
        mask = cv2.morphologyEx((still >= seconds / 2).astype(np.uint8), cv2.MORPH_CLOSE, kernel)
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        boxes = []
        for x, y, w, h, area in stats[1:count]:
            if setting["least_pixels"] <= area <= largest * high * wide:
                boxes.append([x / wide, y / high, (x + w) / wide, (y + h) / high])
        for box in boxes:
            if not any(touch(box, known) for known in reported):
                reports.append([times[index], [float(value) for value in box]])
                reported.append(box)
        reported = [known for known in reported if any(touch(box, known) for box in boxes)]
    return reports


def touch(a, b):
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


def main():
    folder = Path(sys.argv[1])
    pictures = np.load(folder / "pictures.npy")
    work = json.loads((folder / "work.json").read_text("utf-8"))
    names = list(work["grid"])
    for values in itertools.product(*work["grid"].values()):
        setting = dict(zip(names, values, strict=True))
        found = run(pictures, work["times"], work["seconds"], work["largest"], setting)
        print(json.dumps({"setting": setting, "reports": found}))


if __name__ == "__main__":
    main()
