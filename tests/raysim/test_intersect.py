"""Packets of rays against brute force: two structures, a packet that is not full, rays that come through no box."""

import copy
import pickle

import numpy as np
import pytest

from raysim import embree
from raysim.intersect import FrameCaster, _Accelerator


def brute_force(corners, origin, direction):
    """Distances of every ray to every triangle, inf where it misses (Moeller and Trumbore)."""
    first, one, two = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    across = np.cross(direction[:, None], two)
    determinant = np.einsum("rti,ti->rt", across, one)
    offset = origin[:, None] - first
    u = np.einsum("rti,rti->rt", offset, across) / determinant
    turned = np.cross(offset, one)
    v = np.einsum("ri,rti->rt", direction, turned) / determinant
    t = np.einsum("rti,ti->rt", turned, two) / determinant
    return np.where((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0), t, np.inf)


@pytest.fixture
def soup():
    """Triangles in a caster, rays that start among them and beside them, their distances."""
    rng = np.random.default_rng(5)
    corners = rng.uniform(-1, 1, (40, 1, 3)) + rng.uniform(-0.6, 0.6, (40, 3, 3))
    origin = np.concatenate([rng.uniform(-1, 1, (61, 3)), rng.uniform(3, 4, (40, 3))])
    direction = np.concatenate([rng.standard_normal((61, 3)), rng.uniform(-1, -0.5, (40, 3))])
    near, far = np.arange(30), np.arange(30, 40)
    caster = FrameCaster(None, (_Accelerator(corners[near], near), _Accelerator(corners[far], far)))  # type: ignore
    return caster, origin, direction, brute_force(corners, origin, direction)


def test_closest_hits_are_those_of_brute_force(soup):
    caster, origin, direction, distances = soup
    hits = caster.cast(origin, direction)
    found = distances.min(axis=1)
    assert 20 < np.isfinite(found).sum() < 101
    np.testing.assert_allclose(hits.distance, found, rtol=1e-5)
    np.testing.assert_array_equal(hits.triangle, np.where(np.isfinite(found), distances.argmin(axis=1), -1))


@pytest.mark.parametrize("share", [0.5, 0.999, 1.001, 3.0])
def test_what_lies_before_the_reach_blocks(soup, share):
    caster, origin, direction, distances = soup
    reach = share * np.where(np.isfinite(distances.min(axis=1)), distances.min(axis=1), 1.0)
    rays = (array.astype(np.float32) for array in (origin, direction, reach))
    np.testing.assert_array_equal(caster.is_shadowed(*rays), (distances < reach[:, None]).any(axis=1))


def test_no_rays(soup):
    assert soup[0].cast(np.empty((0, 3)), np.empty((0, 3))).triangle.size == 0


def test_a_missing_library_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(embree.embreex, "__file__", str(tmp_path / "embreex" / "__init__.py"))
    monkeypatch.setattr(embree, "find_library", lambda name: None)
    with pytest.raises(OSError, match="no Embree 4 library"):
        embree.library_path()


def test_an_embree_scene_stays_in_its_process(soup):
    for attempt in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="build a new one"):
            attempt(soup[0].accelerators)
