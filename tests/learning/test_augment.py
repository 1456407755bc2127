import numpy as np
import pytest

from learning.augment import EpochView, augment, mirror
from learning.config import preset
from learning.data import LabelledDataset, PairDataset, index_folder
from learning.geometry import denormalise, to_plane


@pytest.fixture
def sample(world):
    return LabelledDataset(index_folder(world).items, preset("supervised"))[0]


def test_mirroring_twice_changes_nothing(sample):
    twice = mirror(mirror(sample))
    assert all(twice[name].equal(sample[name]) for name in sample)


def test_a_mirrored_label_still_means_the_same_place(sample):
    mirrored = mirror(sample)
    place = [
        denormalise(mirrored["target"][k].item(), mirrored[n].numpy())
        for k, n in enumerate(("range_axis", "azimuth_axis"))
    ]
    assert to_plane(*place) == pytest.approx(mirrored["position"].numpy(), abs=1e-4)
    x0, y0, x1, y1 = mirrored["box"].round().int().tolist()
    a0, b0, a1, b1 = sample["box"].round().int().tolist()
    assert mirrored["image"][:, y0:y1, x0:x1].equal(sample["image"][:, b0:b1, a0:a1].flip(-1))


def test_a_pair_that_must_not_be_mirrored_is_not(sample):
    fixed = sample | {"mirrors": sample["mirrors"] & False}
    for seed in range(8):
        changed = augment(fixed, rng=np.random.Generator(np.random.Philox(seed)))
        assert changed["target"].equal(sample["target"])
        assert abs(float((changed["radio"] - sample["radio"]).std()) - 1) < 0.05


def test_augmentation_depends_on_seed_epoch_and_sample_alone(world):
    dataset = PairDataset(index_folder(world).items, preset("scl"))
    view = {key: EpochView(dataset, seed=key[0], epoch=key[1], partners=None) for key in ((0, 0), (0, 1), (1, 0))}
    first = view[0, 0][3]["radio"]
    assert first.equal(EpochView(dataset, seed=0, epoch=0, partners=None)[3]["radio"])
    assert not first.equal(view[0, 1][3]["radio"]) and not first.equal(view[1, 0][3]["radio"])


def test_the_control_exchanges_picture_and_box_only(world):
    dataset = PairDataset(index_folder(world).items, preset("scl", augment=False))
    view = EpochView(dataset, seed=0, epoch=0, partners=[5] * len(dataset))
    assert view[0]["radio"].equal(dataset[0]["radio"])
    assert view[0]["image"].equal(dataset[5]["image"]) and view[0]["box"].equal(dataset[5]["box"])
