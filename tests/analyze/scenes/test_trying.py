import pytest

from commonsight.analyze.scenes.model import Figure, Fold, Measured, Phase, Setup
from commonsight.analyze.scenes.runner import Run
from commonsight.analyze.scenes.trying import SIGHTINGS_KEPT, Seen, analysis_of
from commonsight.problem import Refusal

from .stage import Blank, sighting

SETUP = Setup("try", "counter")


@pytest.mark.parametrize(("fold", "expected"), [(Fold.SUM, 9), (Fold.MAX, 6), (Fold.LAST, 3), (Fold.MEAN, 4.0)])
def test_figures_are_folded_as_their_card_says(fold, expected):
    seen = Seen()
    for seconds, value in ((1.0, 6.0), (2.0, 3.0)):
        look = Blank(seconds)
        look.elapsed = seconds
        seen.take(
            Run(((SETUP, Figure("square", "n", "all", value), Measured("n", "", "", "", fold, "", "")),)), look, None
        )
    (told,) = seen.told()["figures"]
    assert (told["value"], told["last"]) == (expected, 3.0)
    assert (seen.told()["watched"], seen.told()["looks"]) == (3.0, 2)


def test_a_sighting_told_again_is_one_and_keeps_where_it_was():
    seen = Seen()
    seen.sight(sighting("a"))
    seen.sight(sighting("a", Phase.ENDED))
    (told,) = seen.told()["sightings"]
    assert (told["phase"], told["began_at"], told["ended_at"]) == ("ended", told["ended_at"], told["began_at"])
    for number in range(2 * SIGHTINGS_KEPT):
        seen.sight(sighting(str(number)))
    assert len(seen.told()["sightings"]) == SIGHTINGS_KEPT


def test_what_is_tried_is_checked_like_what_is_saved():
    whole = {"id": "whole", "name": "All", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}
    asked = {"setup": {"id": "try", "scene": "gathering", "zones": ["whole"], "enabled": False}, "zones": [whole]}
    asked |= {"lines": [], "ground": [], "model": None}
    analysis, setup = analysis_of(asked)
    assert setup.enabled
    assert analysis.zones[0].id == "whole"
    with pytest.raises(Refusal, match="document_invalid"):
        analysis_of(asked | {"zones": []})
