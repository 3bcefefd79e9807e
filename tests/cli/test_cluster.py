"""What `commonsight cluster` makes of its arguments; the cluster itself is run by bench.machines."""

import sys

import pytest

from commonsight.cli import cluster
from commonsight.problem import Refusal


def test_workers_are_told_for_each_pool():
    assert cluster._pools(2, ["4501=4", "4502=1"]) == {"": 2, "4501": 4, "4502": 1}


@pytest.mark.parametrize("given", ["4501", "4501=", "=3", "4501=0", "4501=-1", "4501=1001", "45/01=1"])
def test_a_pool_that_cannot_be_read_is_named(given):
    with pytest.raises(Refusal) as refused:
        cluster._pools(1, [given])
    assert (refused.value.code, refused.value.actual) == ("cli.cluster_pool", given)


def test_without_ray_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(Refusal) as refused:
        cluster._ray("auto")
    assert refused.value.code == "cli.cluster_without_ray"
