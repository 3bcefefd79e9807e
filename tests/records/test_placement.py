from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from commonsight.records.placement import node_for

SPACE = UUID(int=0)
CAMERAS = [uuid5(SPACE, str(number)) for number in range(2_000)]


def test_no_node_holds_nothing() -> None:
    assert node_for(CAMERAS[0], []) is None


@given(st.lists(st.text(min_size=1, max_size=10), unique=True, min_size=1, max_size=8), st.randoms())
def test_order_of_nodes_does_not_matter(nodes: list[str], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(nodes)
    random.shuffle(shuffled)
    assert node_for(CAMERAS[0], nodes) == node_for(CAMERAS[0], shuffled)


def test_a_lost_node_moves_only_its_own_cameras_and_shares_are_even() -> None:
    nodes = ["media-1", "media-2", "media-3", "media-4"]
    before = {camera: node_for(camera, nodes) for camera in CAMERAS}
    after = {camera: node_for(camera, nodes[:3]) for camera in CAMERAS}
    assert all(after[camera] == node for camera, node in before.items() if node != "media-4")
    for node in nodes:
        assert 400 < sum(held == node for held in before.values()) < 600
