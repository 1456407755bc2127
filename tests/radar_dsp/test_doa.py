"""Direction finding: right on one target, apart where the beam is not, honest about how many there are."""

import numpy as np
import pytest
from scipy.ndimage import maximum_filter

from radar_dsp.cosines import azimuth_of, cosines_of, elevation_of
from radar_dsp.crb import SoundingGrid, cramer_rao_bounds
from radar_dsp.doa import direction_spectrum, esprit, find_directions
from radar_dsp.estimate import Peak
from radar_dsp.spectra import bartlett, music
from radar_dsp.subspace import default_subarray, model_order, peak_snapshots, subspaces, unitary_transform
from radar_dsp.windows import flat_weights
from tests.radar_dsp.oracle import philox
from tests.radar_dsp.single_target import MEDIUM, TINY, Target, add_noise, measure

GRID = SoundingGrid.of_config(MEDIUM)
UP_CELL, RIGHT_CELL, SPEED_CELL, RANGE_CELL = GRID.cells
HERE = Peak(10.3, 2.0, 0.0, 0.0)
METHODS = ("bartlett", "capon", "music", "esprit")


def target(right, up, distance=10.3, velocity=2.0):
    return Target(distance, azimuth_of(right, up), elevation_of(up), velocity)


def places(found):
    """Cosines right and up of directions or targets, in one order."""
    cosines = [cosines_of(item.azimuth, item.elevation) for item in found]
    return np.array(sorted(cosines, key=sum))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("right, up", [(0.31, -0.22), (-0.47, 0.13), (0.02, 0.55)])
def test_one_target_is_found_where_it_is(method, right, up):
    csi = add_noise(measure(MEDIUM, [target(right, up)], [2]), 1e4 / 4, rng=philox(1))
    found = find_directions(csi, HERE, method)
    assert len(found) == 1
    assert (found[0].right, found[0].up) == pytest.approx((right, up), abs=0.02 * RIGHT_CELL)
    assert cosines_of(found[0].azimuth, found[0].elevation) == pytest.approx((right, up), abs=0.02 * RIGHT_CELL)
    assert found[0].power == pytest.approx(4 * csi.values.size, rel=0.06)


@pytest.mark.parametrize("axis", ["range", "velocity", "right", "up"])
def test_the_periodogram_parts_equal_targets_at_one_and_a_half_cells_whatever_their_phase(axis):
    gap = {
        "range": {"distance": 10.3 + 1.5 * RANGE_CELL},
        "velocity": {"velocity": 2 + 1.5 * SPEED_CELL},
        "right": {"right": 0.1 + 1.5 * RIGHT_CELL},
        "up": {"up": -0.1 + 1.5 * UP_CELL},
    }[axis]
    pair = [target(**({"right": 0.1, "up": -0.1} | change)) for change in ({}, gap)]
    for phase in np.arange(0, 2 * np.pi, np.pi / 8):
        csi = measure(MEDIUM, pair, [1, np.exp(1j * phase)])
        assert count_tops(cut(csi, axis)) == 2
        if axis in ("right", "up"):
            np.testing.assert_allclose(places(find_directions(csi, HERE)), places(pair), atol=0.2 * RIGHT_CELL)


@pytest.mark.parametrize("axis", ["range", "velocity", "right", "up"])
def test_the_periodogram_merges_half_a_cell_in_phase(axis):
    gap = {
        "range": {"distance": 10.3 + RANGE_CELL / 2},
        "velocity": {"velocity": 2 + SPEED_CELL / 2},
        "right": {"right": 0.1 + RIGHT_CELL / 2},
        "up": {"up": -0.1 + UP_CELL / 2},
    }[axis]
    pair = [target(**({"right": 0.1, "up": -0.1} | change)) for change in ({}, gap)]
    # In phase at the carrier: half a tone above the middle of the band, which turns the two by 1/128.
    turn = np.exp(4j * np.pi * (pair[1].distance - pair[0].distance) / MEDIUM.wavelength)
    assert count_tops(cut(measure(MEDIUM, pair, [1, turn]), axis)) == 1


def cut(csi, axis):
    """Padded periodogram along one axis, at the first target's place on the others."""
    step = {"up": 0, "right": 1, "velocity": 2, "range": 3}[axis]
    values = np.moveaxis(csi.values.astype(complex), step, -1)
    place = np.array([-0.1, 0.1, 2.0, 10.3]) / GRID.cells
    sign = np.array([-1, -1, -1, 1])
    others = [i for i in range(4) if i != step]
    for i in reversed(others):
        n = GRID.shape[i]
        values = np.tensordot(
            values, np.exp(2j * np.pi * sign[i] * place[i] * np.arange(n) / n), axes=(others.index(i), 0)
        )
    return np.abs(np.fft.fft(values, 32 * values.shape[-1])) ** 2


def count_tops(power):
    """Maxima above -10 dB: rectangular sidelobes stay under -13 dB of a target, and pairs add up to 6 dB."""
    return int(((power == maximum_filter(power, 3, mode="wrap")) & (power > power.max() / 10)).sum())


@pytest.mark.parametrize("axis", ["right", "up"])
def test_half_a_cell_apart_in_phase_only_subspaces_part(axis):
    step = np.array([RIGHT_CELL, 0] if axis == "right" else [0, UP_CELL]) / 2
    for seed in range(6):
        rng = philox(2, seed)
        first = rng.uniform(-0.35, 0.2, 2)
        pair = [target(*first), target(*(first + step))]
        csi = add_noise(measure(MEDIUM, pair), 1e5, rng=rng)
        assert len(find_directions(csi, HERE)) == 1
        for method in ("music", "esprit"):
            found = find_directions(csi, HERE, method)
            assert len(found) == 2
            np.testing.assert_allclose(places(found), [first, first + step], atol=RIGHT_CELL / 8)
            level = csi.values.size  # of each
            assert [d.power for d in found] == pytest.approx([level, level], rel=0.35)


@pytest.mark.slow
def test_parting_half_a_cell_against_snr(capsys):
    table = {}
    for snr in (30, 40, 50, 60):
        for method in METHODS:
            hits = 0
            for seed in range(40):
                rng = philox(3, seed)
                first = rng.uniform(-0.35, 0.2, 2)
                pair = np.array([first, first + [RIGHT_CELL / 2, 0]])
                csi = add_noise(measure(MEDIUM, [target(*p) for p in pair]), 10 ** (snr / 10), rng=rng)
                got = places(find_directions(csi, HERE, method))
                hits += got.shape == (2, 2) and np.abs(got - pair).max() < RIGHT_CELL / 4
            table[snr, method] = hits / 40
    with capsys.disabled():
        print("\nhalf a cell apart in phase, 8 x 8 array, one snapshot: share parted within a quarter cell")
        for snr in (30, 40, 50, 60):
            print(f"  {snr} dB  " + "  ".join(f"{m} {table[snr, m]:4.0%}" for m in METHODS))
    assert table[60, "bartlett"] == 0
    assert table[50, "music"] >= 0.9 and table[50, "esprit"] >= 0.9


@pytest.mark.slow
def test_directions_of_one_target_against_the_bound(capsys):
    bound = cramer_rao_bounds(GRID, post_snr=1e3)
    limit = {"bartlett": 1.15, "capon": 1.6, "music": 1.6, "esprit": 1.6}
    ratio = {}
    for method in METHODS:
        errors = []
        for seed in range(150):
            rng = philox(4, seed)
            place = rng.uniform(-0.5, 0.5, 2)
            csi = add_noise(measure(MEDIUM, [target(*place)]), 1e3, rng=rng)
            best = find_directions(csi, HERE, method, order=1)[0]
            errors.append(((best.right - place[0]) / bound.right, (best.up - place[1]) / bound.up))
        ratio[method] = np.sqrt((np.array(errors) ** 2).mean())
    with capsys.disabled():
        print("\ncosines of one target at 30 dB, RMSE / CRB: " + ", ".join(f"{m} {r:.2f}" for m, r in ratio.items()))
    assert all(0.9 < ratio[m] < limit[m] for m in METHODS)


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_model_order_counts_coherent_targets(order):
    some = [target(0.1, -0.1), target(0.4, -0.1), target(0.1, 0.25)]
    right = 0
    for seed in range(20):
        rng = philox(5, seed)
        gains = np.exp(2j * np.pi * rng.random(3)) * (np.arange(3) < order)
        csi = add_noise(measure(MEDIUM, some, gains), 1e3, rng=rng)
        right += model_order(subspaces(peak_snapshots(csi, HERE, flat_weights(csi)))) == order
    assert right >= 18


def test_without_smoothing_coherent_targets_have_one_dimension():
    csi = add_noise(measure(MEDIUM, [target(0.1, -0.1), target(0.4, -0.1)]), 1e5, rng=philox(6))
    snapshots = peak_snapshots(csi, HERE, flat_weights(csi))
    whole, parts = (subspaces(snapshots, size).eigenvalues for size in ((8, 8), (6, 6)))
    assert parts[1] / parts[0] > 1e-2
    assert whole[2] < 1e-12 * whole[0]  # one snapshot and its mirror image


def test_noise_targets_of_neighbouring_cells_keep_their_level():
    csi = add_noise(measure(MEDIUM, [target(0.1, -0.1)], [0]), 1.0, rng=philox(7))
    snapshots = peak_snapshots(csi, HERE, flat_weights(csi), neighbours=2)
    assert snapshots.shape == (8, 8, 25)
    assert (np.abs(snapshots) ** 2).mean() == pytest.approx(csi.noise_variance, rel=0.1)


@pytest.mark.parametrize("size", [1, 2, 5, 6])
def test_unitary_transform_makes_steering_real(size):
    q = unitary_transform(size)
    np.testing.assert_allclose(q.conj().T @ q, np.eye(size), atol=1e-12)
    steering = np.exp(2j * np.pi * 0.37 * (np.arange(size) - (size - 1) / 2))
    np.testing.assert_allclose((q.conj().T @ steering).imag, 0, atol=1e-12)


def test_spectra_equal_their_definitions():
    rng = philox(8)
    snapshots = rng.normal(size=(5, 4, 3)) + 1j * rng.normal(size=(5, 4, 3))
    spaces = subspaces(snapshots, (4, 3))
    up, right = np.array([-0.3, 0.2]), np.array([0.1, 0.5, 0.9])

    def steer(rows, columns, u, v):
        row, column = (np.arange(n) - (n - 1) / 2 for n in (rows, columns))
        return np.exp(1j * np.pi * (row[:, None] * u + column * v)).ravel()

    looks = [snapshots[i : i + 4, j : j + 3, k].ravel() for i in range(2) for j in range(2) for k in range(3)]
    covariance = sum(np.outer(x, x.conj()) for x in looks) / len(looks)
    covariance = (covariance + covariance[::-1, ::-1].conj()) / 2  # forward-backward
    value, vector = np.linalg.eigh(covariance)
    np.testing.assert_allclose(spaces.eigenvalues, value[::-1], atol=1e-12)
    noise = vector[:, :-2]
    for i, u in enumerate(up):
        for j, v in enumerate(right):
            a = steer(4, 3, u, v)
            want = 12 / np.linalg.norm(noise.conj().T @ a) ** 2
            assert music(spaces, 2, 0.5)(up, right)[i, j] == pytest.approx(want)
            beam = steer(5, 4, u, v).conj() @ snapshots.reshape(20, 3)
            want = (np.abs(beam) ** 2).mean() / 20
            assert bartlett(snapshots, 0.5)(up, right)[i, j] == pytest.approx(want)


def test_a_line_of_elements_finds_its_own_cosine():
    config = TINY.model_copy(update={"num_rows": 1, "num_columns": 8})
    pair = [target(-0.2, 0.0), target(0.2, 0.0)]
    csi = add_noise(measure(config, pair, [1, 1j]), 1e4, rng=philox(9))
    for method in ("bartlett", "capon", "music"):
        found = find_directions(csi, HERE, method)
        np.testing.assert_allclose(places(found), [[-0.2, 0], [0.2, 0]], atol=0.03)
    with pytest.raises(ValueError, match="esprit needs subarrays of two rows and two columns, got 1 x 6"):
        find_directions(csi, HERE, "esprit")


def test_small_arrays_find_what_they_can():
    assert [default_subarray(n, 2 * n) for n in (1, 2, 3, 8)] == [(1, 2), (2, 3), (2, 4), (6, 11)]
    config = TINY.model_copy(update={"num_rows": 3, "num_columns": 3})
    some = [target(-0.4, 0.4), target(0.4, 0.4), target(0.4, -0.4), target(-0.4, -0.3)]
    csi = add_noise(measure(config, some), 1e6, rng=philox(10))
    for method in METHODS:
        assert len(find_directions(csi, HERE, method)) <= 3
    one = add_noise(measure(config, some[:1]), 1e4, rng=philox(11))
    for method in METHODS:
        np.testing.assert_allclose(places(find_directions(one, HERE, method)), [[-0.4, 0.4]], atol=0.02)


def test_refused_arguments():
    csi = measure(TINY, [target(0.1, 0.1)])
    with pytest.raises(ValueError, match="method must be bartlett, capon, music or esprit, got 'root'"):
        find_directions(csi, HERE, "root")
    with pytest.raises(ValueError, match=r"subarray must fit into the 6 x 6 array, got 7 x 2"):
        find_directions(csi, HERE, "music", subarray=(7, 2))
    with pytest.raises(ValueError, match=r"order must lie in 0\.\.3 for subarrays of \(2, 2\), got 4"):
        find_directions(csi, HERE, "music", order=4, subarray=(2, 2))
    with pytest.raises(ValueError, match=r"order must lie in 0\.\.2 for subarrays of \(2, 2\), got 3"):
        esprit(subspaces(np.ones((3, 3, 1), complex), (2, 2)), 3, 0.5)
    with pytest.raises(ValueError, match="neighbours must be 0 or more, got -1"):
        peak_snapshots(csi, HERE, flat_weights(csi), neighbours=-1)


@pytest.mark.parametrize("method", METHODS)
def test_the_spectrum_peaks_at_the_direction_found(method):
    csi = add_noise(measure(MEDIUM, [target(0.31, -0.22)], [2]), 1e4 / 4, rng=philox(1))
    (found,) = find_directions(csi, HERE, method)
    cosines = np.linspace(-1, 1, 201)
    power = direction_spectrum(csi, HERE, method)(cosines, cosines)
    power[np.hypot(cosines[:, None], cosines) > 1] = 0
    i, j = np.unravel_index(power.argmax(), power.shape)
    assert (cosines[i], cosines[j]) == pytest.approx((found.up, found.right), abs=0.011)
    if method in ("bartlett", "esprit"):
        assert power.max() == pytest.approx(found.power, rel=0.02)
