from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from commonsight.gate import model
from commonsight.gate.model import Door, Limits, Permit, Standing
from commonsight.problem import Refusal

START = datetime(2026, 5, 1, tzinfo=UTC)
CAMERA, OTHER = uuid4(), uuid4()


def permit(**more) -> Permit:
    fields = {
        "id": uuid4(),
        "door": Door.RETRIEVAL,
        "holder_kind": "person",
        "holder_id": uuid4(),
        "holder_name": "李娜",
        "organisation": "南宁市公安局",
        "purpose_code": "emergency",
        "purpose_text": "",
        "cameras": frozenset({CAMERA}),
        "limits": Limits(),
        "issued_at": START,
        "expires_at": START + timedelta(hours=1),
    }
    return Permit(**(fields | more))


def test_a_permit_opens_its_cameras_until_it_expires():
    permit().refuse_unless(CAMERA, START)
    with pytest.raises(Refusal, match=r"gate.camera_not_covered"):
        permit().refuse_unless(OTHER, START)
    with pytest.raises(Refusal, match=r"gate.ticket_expired"):
        permit().refuse_unless(CAMERA, START + timedelta(hours=1))


def test_a_revoked_permit_opens_nothing_and_says_why():
    with pytest.raises(Refusal, match=r"gate.ticket_revoked") as refused:
        permit(revoked_at=START, revoked_reason="returned").refuse_unless(CAMERA, START)
    assert refused.value.actual == "returned"


def test_only_our_own_processes_may_hold_a_permit_for_every_camera():
    assert permit(cameras=frozenset(), holder_kind="system", holder_id=None).covers(OTHER)
    assert not permit(cameras=frozenset()).covers(OTHER)


@pytest.mark.parametrize(
    ("code", "words", "refusal"),
    [
        (None, None, "gate.purpose_missing"),
        ("", "because", "gate.purpose_missing"),
        ("  ", "because", "gate.purpose_missing"),
        ("curiosity", "", "gate.purpose_unknown"),
        ("analysis", "", "gate.purpose_unknown"),
        ("other", "", "gate.purpose_text_missing"),
        ("other", "    a  ", "gate.purpose_text_missing"),
        ("other", "\u200b" * 9, "gate.purpose_text_missing"),
        ("emergency", "x" * 501, "gate.purpose_text_long"),
    ],
)
def test_no_reason_no_permit(code, words, refusal):
    with pytest.raises(Refusal, match=refusal):
        model.check_purpose(code, words)


def test_people_cannot_use_the_purposes_of_our_own_processes_nor_they_theirs():
    with pytest.raises(Refusal, match=r"gate.purpose_unknown"):
        model.check_purpose("emergency", "", system=True)
    assert model.check_purpose("analysis", None, system=True) == ("analysis", "")


@given(st.one_of(st.none(), st.sampled_from(sorted(model.purposes())), st.text(max_size=30)), st.text(max_size=600))
def test_what_passes_can_be_stored_and_read_by_a_person(code, words):
    try:
        kept, said = model.check_purpose(code, words)
    except Refusal:
        return
    assert kept in model.purposes()
    assert said.isprintable()
    assert len(said) <= model.TEXT_LONGEST
    said.encode()
    if model.purposes()[kept].needs_text:
        assert len(said) >= model.TEXT_SHORTEST


@pytest.mark.parametrize("minutes", [0, -1, 241, 10**9])
def test_permits_of_people_are_short(minutes):
    with pytest.raises(Refusal, match=r"gate.minutes_invalid"):
        model.check_minutes(minutes)


def test_cameras_are_named_once_and_never_a_region_of_them():
    assert model.check_cameras([CAMERA, OTHER, CAMERA]) == (CAMERA, OTHER)
    with pytest.raises(Refusal, match=r"gate.cameras_missing"):
        model.check_cameras([])
    with pytest.raises(Refusal, match=r"gate.cameras_many"):
        model.check_cameras([uuid4() for _ in range(model.CAMERAS_MOST + 1)])


class PermitLife(RuleBasedStateMachine):
    """Any order of waiting, opening and revoking: a permit never comes back to life."""

    def __init__(self):
        super().__init__()
        self.now, self.permit, self.ended = START, permit(), False

    def opens(self) -> bool:
        try:
            self.permit.refuse_unless(CAMERA, self.now)
        except Refusal:
            return False
        return True

    @rule(minutes=st.integers(0, 90))
    def wait(self, minutes):
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.permit.revoked_at is None)
    @rule()
    def revoke(self):
        self.permit = permit(revoked_at=self.now, revoked_reason="returned")

    @rule()
    def open(self):
        assert self.opens() == (self.permit.standing(self.now) is Standing.VALID)

    @invariant()
    def what_has_ended_stays_ended(self):
        if self.ended:
            assert not self.opens()
        self.ended = self.ended or not self.opens()
        if self.permit.revoked_at is not None:
            assert self.permit.standing(self.now) is Standing.REVOKED


TestPermitLife = PermitLife.TestCase
