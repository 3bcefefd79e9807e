"""All measures of one picture at once."""

from commonsight.vision.picture import Planes
from commonsight.vision.quality.damage import corruption
from commonsight.vision.quality.frozen import frozen
from commonsight.vision.quality.model import Fingerprint, Look, Scores
from commonsight.vision.quality.reference import Reference, compare
from commonsight.vision.quality.stripes import stripes
from commonsight.vision.quality.texture import blur, noise
from commonsight.vision.quality.tone import tone

LEAST_SIDE = 64
"""Pixels; a smaller picture tells nothing."""


def measure(
    picture: Planes | Look, previous: Planes | Fingerprint | None = None, reference: Reference | None = None
) -> Scores:
    """Score every item that this picture can tell.

    Args:
        previous: an earlier picture of the same camera, or what was kept of one; at least some seconds older.
        reference: what the camera showed when all was well.

    Returns:
        Item code -> score; `inspect/diagnosis/items.toml` says in what unit, and from where on it is a fault. What
        this picture cannot tell is left out.
    """
    look = picture if isinstance(picture, Look) else Look(picture)
    if min(look.width, look.height) < LEAST_SIDE:
        return {}
    grain = noise(look)
    scores = tone(look) | {"noise": grain, "stripes": stripes(look), "corruption": corruption(look)}
    softness = blur(look, grain)
    if softness is not None:
        scores["blur"] = softness
    if previous is not None:
        before = previous if isinstance(previous, Fingerprint) else Look(previous).fingerprint
        share = frozen(look.fingerprint, before, grain)
        if share is not None:
            scores["freeze"] = share
    if reference is not None:
        scores |= compare(look, reference)
    return scores
