"""The way from the picture to the ground: a homography fitted to points whose place on the ground is known.

Fitted by Hartley's normalised direct linear transformation: a least squares solution of the cross product equations
after both planes were moved and scaled to mean 0 and mean distance sqrt 2, without which the equations of shares of a
picture and of metres weigh by their units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from commonsight.analyze.model import GroundPoint, refused

Floats = NDArray[np.float64]

POINTS_LEAST: Final = 4
FLATTEST: Final = 1e-3
"""Points of a plane whose smaller spread is below this share of the greater lie on one line."""
NEAR_HORIZON: Final = 0.05
"""Ground further away than the farthest of the points divided by this is not measured: a pixel is many metres there."""
GRID_LINES_MOST: Final = 60
GRID_STEPS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


@dataclass(frozen=True, slots=True)
class Homography:
    """What one camera's points gave. Implements `scenes.model.Ground`.

    Attributes:
        matrix: (3, 3), from picture (0..1) to metres; its third row is positive on the seen side of the horizon.
        residuals: distance of each point from where the others and itself put it, m.
        error: root mean square distance of each point from where the OTHERS put it, m; None with four points, which
            fit whatever they are.
        least: third coordinate below which a point counts as beyond the horizon.
    """

    matrix: Floats
    residuals: tuple[float, ...]
    error: float | None
    least: float

    def metres(self, points: Floats) -> Floats:
        """Points (N, 2) in 0..1 of the picture as metres (N, 2); NaN beyond the horizon."""
        points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        mapped = np.column_stack([points, np.ones(len(points))]) @ self.matrix.T
        found = np.full((len(points), 2), np.nan)
        seen = mapped[:, 2] > self.least
        found[seen] = mapped[seen, :2] / mapped[seen, 2:]
        return found

    def picture(self, metres: Floats) -> Floats:
        """Metres (N, 2) as points (N, 2) of the picture, which may lie outside of 0..1; NaN behind the camera."""
        metres = np.asarray(metres, dtype=np.float64).reshape(-1, 2)
        inverse = np.linalg.inv(self.matrix)
        mapped = np.column_stack([metres, np.ones(len(metres))]) @ inverse.T
        # A point before the camera comes back with the sign it went with: 1 = matrix row 3 · (x, y, 1).
        found = np.full((len(metres), 2), np.nan)
        seen = mapped[:, 2] > 1e-12
        found[seen] = mapped[seen, :2] / mapped[seen, 2:]
        return found


def homography(points: Sequence[GroundPoint]) -> Homography:
    """Fit the way to the ground.

    Raises:
        Refusal: `analyze.document_invalid` (422): too few points, three of four on a line, or points that no flat
            ground seen by a camera can show this way.
    """
    if len(points) < POINTS_LEAST:
        raise refused("ground", f"at least {POINTS_LEAST} points", len(points))
    seen = np.array([point.picture for point in points], dtype=np.float64)
    there = np.array([point.metres for point in points], dtype=np.float64)
    for name, plane in (("picture", seen), ("metres", there)):
        _spread(name, plane)
    matrix = _fit(seen, there)
    weight = (np.column_stack([seen, np.ones(len(seen))]) @ matrix.T)[:, 2]
    if weight.min() <= 1e-9 * abs(weight).max():
        raise refused("ground", "points as flat ground shows them: two of them seem exchanged", _shown(points))
    residuals = _distance(matrix, seen, there)
    left_out = _left_out(seen, there) if len(points) > POINTS_LEAST else None
    return Homography(matrix, tuple(residuals.tolist()), left_out, float(weight.min()) * NEAR_HORIZON)


def grid(way: Homography) -> tuple[float, list[list[list[float]]]]:
    """A grid of round metres as it lies in the picture: (step in m, lines of two points each, clipped to 0..1).

    The step is the smallest of `GRID_STEPS` that needs no more than `GRID_LINES_MOST` lines over the picture's ground.
    """
    outline = np.array([(x, y) for x in np.linspace(0, 1, 21) for y in np.linspace(0, 1, 21)])
    ground = way.metres(outline)
    ground = ground[np.isfinite(ground).all(axis=1)]
    if len(ground) == 0:
        return GRID_STEPS[0], []
    # Far ground would make every step too fine: the nearer three quarters decide.
    low, high = np.percentile(ground, 5, axis=0), np.percentile(ground, 75, axis=0)
    low = np.minimum(low, high - 1e-6)
    span = high - low
    step = next((one for one in GRID_STEPS if (span / one).sum() <= GRID_LINES_MOST), GRID_STEPS[-1])
    lines: list[list[list[float]]] = []
    for axis in (0, 1):
        first, last = np.floor(low[axis] / step), np.ceil(high[axis] / step)
        for at in np.arange(first, last + 1)[:GRID_LINES_MOST] * step:
            along = np.linspace(low[1 - axis] - step, high[1 - axis] + step, 120)
            fixed = np.full_like(along, at)
            metres = np.column_stack([fixed, along] if axis == 0 else [along, fixed])
            drawn = way.picture(metres)
            inside = np.isfinite(drawn).all(axis=1) & (drawn >= 0).all(axis=1) & (drawn <= 1).all(axis=1)
            if inside.sum() >= 2:
                ends = drawn[inside][[0, -1]]
                lines.append(ends.round(5).tolist())
    return step, lines


def _fit(seen: Floats, there: Floats) -> Floats:
    to_seen, seen = _normalised(seen)
    to_there, there = _normalised(there)
    x, y = seen[:, 0], seen[:, 1]
    u, v = there[:, 0], there[:, 1]
    one, none = np.ones(len(seen)), np.zeros(len(seen))
    rows = np.concatenate([
        np.column_stack([x, y, one, none, none, none, -u * x, -u * y, -u]),
        np.column_stack([none, none, none, x, y, one, -v * x, -v * y, -v]),
    ])  # fmt: skip
    _, _, rights = np.linalg.svd(rows)
    matrix = np.linalg.inv(to_there) @ rights[-1].reshape(3, 3) @ to_seen
    weight = np.column_stack([_back(to_seen, seen), np.ones(len(seen))]) @ matrix[2]
    matrix = matrix / np.abs(weight).max()
    return np.asarray(matrix if weight.sum() > 0 else -matrix)


def _normalised(points: Floats) -> tuple[Floats, Floats]:
    middle = points.mean(axis=0)
    scale = np.sqrt(2) / max(float(np.hypot(*(points - middle).T).mean()), 1e-12)
    way = np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1.0]])
    return way, (points - middle) * scale


def _back(way: Floats, points: Floats) -> Floats:
    return np.asarray((points - way[:2, 2]) / way[0, 0])


def _distance(matrix: Floats, seen: Floats, there: Floats) -> Floats:
    mapped = np.column_stack([seen, np.ones(len(seen))]) @ matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        found = mapped[:, :2] / mapped[:, 2:]
    return np.asarray(np.hypot(*(found - there).T))


def _left_out(seen: Floats, there: Floats) -> float | None:
    """Root mean square distance of each point from where the others put it; None when that cannot be said."""
    distances = []
    for place in range(len(seen)):
        others = np.arange(len(seen)) != place
        if _flat(seen[others]) or _flat(there[others]):
            continue
        matrix = _fit(seen[others], there[others])
        distance = float(_distance(matrix, seen[[place]], there[[place]])[0])
        if np.isfinite(distance):
            distances.append(distance)
    return float(np.sqrt(np.mean(np.square(distances)))) if distances else None


def _spread(name: str, plane: Floats) -> None:
    for one in range(len(plane)):
        for other in range(one):
            if np.allclose(plane[one], plane[other], atol=1e-6):
                raise refused(f"ground.{one}.{name}", f"another place than ground.{other}", plane[one].tolist())
    if _flat(plane):
        raise refused("ground", f"no three of four points on one line ({name})", plane.tolist())


def _flat(plane: Floats) -> bool:
    """Whether fewer than four of the points are in general position: no homography is determined by them."""
    if len(plane) > POINTS_LEAST:
        scatter = np.linalg.svd(plane - plane.mean(axis=0), compute_uv=False)
        return bool(scatter[1] < FLATTEST * scatter[0])
    size = float(np.ptp(plane, axis=0).max())
    for left in range(len(plane)):
        a, b, c = np.delete(plane, left, axis=0)[:3]
        doubled = abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
        if doubled < FLATTEST * size * size:
            return True
    return False


def _shown(points: Sequence[GroundPoint]) -> str:
    return " ".join(f"({p.picture[0]:g}, {p.picture[1]:g})->({p.metres[0]:g}, {p.metres[1]:g})" for p in points)
