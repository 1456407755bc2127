import pytest

from learning.config import from_dict, preset


@pytest.mark.parametrize("task", ["supervised", "scl"])
@pytest.mark.parametrize("size", ["small", "full"])
@pytest.mark.parametrize("reading", ["paper", "recommended"])
def test_every_preset_survives_storage(task, size, reading):
    config = preset(task, size, reading, seed=3)
    assert from_dict(config.model_dump()) == config
    assert (config.task, config.size, config.reading, config.seed) == (task, size, reading, 3)


def test_paper_reading_has_the_papers_figures():
    scl, supervised = preset("scl", "full", "paper"), preset("supervised", "full", "paper")
    assert (scl.learning_rate, scl.epochs, scl.batch_size, scl.temperature) == (1e-5, 200, 32, 0.1)
    assert (scl.box_margin, scl.template_margin, scl.schedule, scl.augment) == (5, 1, "constant", False)
    assert (supervised.learning_rate, supervised.beta1, supervised.head) == (1e-3, 0.948985588, "regression")


@pytest.mark.parametrize(
    ("task", "field", "value"),
    [
        ("supervised", "epochs", 0),
        ("supervised", "radio", "doppler"),
        ("supervised", "learning_rate", -1.0),
        ("scl", "batch_size", 1),
        ("scl", "template_size", 4),
        ("scl", "temprature", 0.1),
    ],
)
def test_a_bad_field_is_named_with_what_was_given(task, field, value):
    with pytest.raises(ValueError, match=field) as error:
        preset(task, **{field: value})
    assert str(value) in str(error.value)
    assert "\n" not in str(error.value)
