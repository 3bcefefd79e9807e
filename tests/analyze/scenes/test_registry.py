from importlib.metadata import EntryPoint

from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.model import GROUP
from commonsight.analyze.scenes.registry import installed, load

HERE = "tests.analyze.scenes.test_registry"


class NoScene:
    card = packaged("congestion")


def test_every_scene_of_this_house_loads_and_keeps_the_contract():
    registry = installed()
    assert registry.broken == ()
    assert {card.area for card in registry.cards.values()} >= {"traffic", "people", "city"}
    for code, made in registry.scenes.items():
        assert made.card.code == code
        assert made.card.limits_zh, f"{code}: when is it not to be believed?"


def test_a_broken_plug_in_is_told_and_takes_nobody_down():
    registry = load(
        [
            EntryPoint("nowhere", "no.such.module:Scene", GROUP),
            EntryPoint("absent", f"{HERE}:Absent", GROUP),
            EntryPoint("congestion", f"{HERE}:NoScene", GROUP),
            EntryPoint("wrong_way", "commonsight.analyze.scenes.traffic.wrong_way:WrongWay", GROUP),
        ]
    )
    assert list(registry.scenes) == ["wrong_way"]
    told = {one.name: one.why for one in registry.broken}
    assert set(told) == {"nowhere", "absent", "congestion"}
    assert "ModuleNotFoundError" in told["nowhere"]
    assert told["congestion"] == "a class with methods see and leave"
