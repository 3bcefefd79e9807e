"""All measures of one picture at once."""

from commonsight.vision.picture import Planes
from commonsight.vision.quality.model import Fingerprint, Look, Scores
from commonsight.vision.quality.reference import Reference, compare


def measure(
    picture: Planes | Look, previous: Planes | Fingerprint | None = None, reference: Reference | None = None
) -> Scores:
    """Score every item that this picture can tell.

    Args:
        previous: an earlier picture of the same camera, or what was kept of one; at least some seconds older.
        reference: what the camera showed when all was well.

    Returns:
        Item code -> score; `inspect/diagnosis/items.toml` says in what unit, and from where on it is a fault.
    """
    look = picture if isinstance(picture, Look) else Look(picture)
    scores: Scores = {}
    if reference is not None:
        scores |= compare(look, reference)
    del previous
    return scores
