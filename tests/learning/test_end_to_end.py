"""The figures that learning has to reach, on the synthetic parking lot."""

import pytest

from learning.config import preset
from learning.evaluate import evaluate
from learning.train import train
from tests.learning.world import write_world

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def parking_lot(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("lot"), 40, 5, seed=1)


def test_localiser_beats_the_train_mean_position_twice(parking_lot, tmp_path):
    train(preset("supervised", epochs=30), parking_lot, tmp_path / "run")
    error = {row.method: row.percentile for row in evaluate(tmp_path / "run").rows}
    assert error["localiser"][50] < error["train-mean position"][50] / 2
    assert error["localiser"][90] < error["train-mean position"][90] / 2


def test_spatial_contrast_finds_the_pairs_and_shuffled_pairs_teach_nothing(parking_lot, tmp_path):
    reports = {}
    for shuffle in (False, True):
        train(preset("scl", epochs=10, shuffle_pairs=shuffle), parking_lot, tmp_path / str(shuffle))
        reports[shuffle] = evaluate(tmp_path / str(shuffle))
    assert reports[False].loss < 0.9 * reports[False].log_batch
    assert reports[False].top1 > 3 * reports[False].chance
    assert reports[True].loss == pytest.approx(reports[True].log_batch, rel=0.03)
    assert reports[True].top1 < 2 * reports[True].chance
