"""Weights for the tests that need them, and a small model for those that do not."""

from pathlib import Path

import pytest

from commonsight.problem import Refusal
from commonsight.settings import load
from commonsight.vision import cards
from commonsight.vision.cards import ModelCard
from commonsight.vision.store import ModelStore

from .small_model import Small, small_model


@pytest.fixture
def weights(request: pytest.FixtureRequest) -> tuple[ModelCard, Path]:
    """Card and installed weights of the model a test is parametrised with; without them the test is skipped."""
    name = getattr(request, "param", "nanodet-coco-416")
    try:
        return cards.card(name), ModelStore(load().models_dir).path(name)
    except Refusal as refusal:
        pytest.skip(f"no weights ({refusal.code}): run `commonsight models install {name}`")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Small:
    """A made-up model; its card is published for the length of a test."""
    made = small_model()
    known = {**cards.published(), made.card.name: made.card}
    monkeypatch.setattr(cards, "published", lambda: known)
    return made
