"""What answers a need, in which order, and what can be promised: the rules alone."""

from dataclasses import replace
from uuid import UUID

import pytest

from commonsight.analyze.demands import matching, model, recipes
from commonsight.analyze.demands.matching import Candidate, Offer, Seen
from commonsight.analyze.demands.model import Action, Place, State
from commonsight.analyze.model import Analysis, Line, SceneSetup
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.model import Accuracy
from commonsight.catalog.model import Health
from commonsight.problem import Refusal

CARD = packaged("people_flow")
GATE = Line("gate", "Gate", (0.0, 0.5), (1.0, 0.5))
SETUP = SceneSetup("flow", "people_flow", "Flow", lines=("gate",))


def seen(number: int, health: Health = Health.WORKS) -> Seen:
    return Seen(UUID(int=number), f"{number:020d}", f"camera {number}", "450103", health)


def offered(
    number: int, present: Analysis | None = None, health: Health = Health.WORKS, known: bool = True
) -> Candidate:
    return matching.candidate(seen(number, health), present, CARD, known=known)


def test_a_camera_says_what_it_lacks() -> None:
    there = Analysis(enabled=True, lines=(GATE,), scenes=(SETUP,))
    assert (offered(1, there).scene, offered(1, there).missing) == ("running", ())
    assert offered(1, replace(there, enabled=False)).scene == "there"
    lent = replace(there, scenes=(replace(SETUP, source="deployment:1"),))
    assert (offered(1, lent).scene, offered(1, lent).missing) == ("none", ("drawn",))
    assert offered(1, None, Health.OFFLINE, known=False).missing == ("works", "drawn", "field")


def test_what_runs_already_comes_first_then_what_works_then_what_sees_most() -> None:
    running = offered(4, Analysis(enabled=True, lines=(GATE,), scenes=(SETUP,)))
    near, far, broken = offered(1), offered(2), offered(3, None, Health.OFFLINE)
    candidates = {one.id: one for one in (running, near, far, broken)}
    offers = {near.id: Offer(near.id, 0.9, 5, True), far.id: Offer(far.id, 0.9, 50, True),
              broken.id: Offer(broken.id, 1, 1, True), running.id: Offer(running.id, 0.4, 80, True)}  # fmt: skip
    order = sorted(offers.values(), key=lambda one: matching.rank(candidates[one.camera], one))
    assert [one.camera for one in order] == [running.id, near.id, far.id, broken.id]
    point = matching.Answered("Gate", (108.3, 22.8), tuple(order), 0)
    empty = matching.Answered("Nowhere", (108.4, 22.8), (), 2)
    assert matching.suggested(candidates, [point, empty], by_choice=False) == (running.id,)
    # Of a choice all that may work are taken, those offered for points not twice.
    more = candidates | {offered(7).id: offered(7), offered(8, None, Health.BAD).id: offered(8, None, Health.BAD)}
    assert matching.suggested(more, [point], by_choice=True) == (running.id, offered(7).id)


def test_nothing_is_promised_that_was_not_measured() -> None:
    bare = replace(CARD, accuracy=())
    assert model.expected(bare, 0.1) == model.Expected(None, None, None, None)
    measured = replace(
        CARD, accuracy=(Accuracy("", "", 10, 8, 2, 1.0, 0, 0.05), Accuracy("", "", 10, 10, 0, 1.0, 0, 0.2))
    )
    told = model.expected(measured, 0.1)
    assert (told.error, told.recall, told.precision, told.meets) == (0.2, 0.9, 0.9, False)
    assert model.expected(measured, None).meets is None


@pytest.mark.parametrize(
    ("operator", "own", "allowed"),
    [(True, False, {"accept", "refuse"}), (False, True, {"withdraw"}), (False, False, set())],
)
def test_who_files_does_not_accept(operator: bool, own: bool, allowed: set[str]) -> None:
    assert {one.value for one in model.actions_of(State.MATCHED, operator=operator, own=own)} == allowed


def test_a_refusal_and_a_review_need_a_sentence() -> None:
    for action in (Action.REFUSE, Action.REVIEW):
        with pytest.raises(Refusal):
            model.check_words(action, "  ")
    assert model.check_words(Action.ACCEPT, " ") == ""
    with pytest.raises(Refusal):
        model.check_points([Place("x", (200, 0))])


def test_every_recipe_is_whole_in_both_languages_and_of_a_scene_of_ours() -> None:
    found = recipes.packaged()
    assert len({one.code for one in found}) == len(found) >= 8
    for one in found:
        assert packaged(one.scene).code == one.scene
        assert len(one.draw_zh) == len(one.draw_en) > 0
        assert len(one.limits_zh) == len(one.limits_en) > 0
