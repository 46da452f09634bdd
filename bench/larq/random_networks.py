"""Networks of larq's zoo with random weights that are made hostile, and inputs for them. Needs requirements.txt, as all programs here."""

import sys
from unittest.mock import MagicMock

# larq-zoo imports it for data sets that aren't used here.
sys.modules["tensorflow_datasets"] = MagicMock()

import larq_zoo  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

# Images over which the statistics of batch norms are taken.
CALIBRATION = 2
# What a batch norm's scale may be, besides an ordinary one of either sign: of a channel that is dead, nearly so, or loud.
ODD_SCALES = [0.0, -0.0, 1e-6, -1e-6, 30.0]
ODD_PART = 0.1


def network(name, random):
    maker = getattr(larq_zoo.literature, name, None) or getattr(larq_zoo.sota, name)
    model = maker(weights=None)
    for layer in model.layers:
        for variable in layer.weights:
            variable.assign(values(variable, random))
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            # So that one pass leaves the statistics of that pass, and no activation is all of one sign.
            layer.momentum = 0.0
    model(images(model, random, CALIBRATION), training=True)
    return model


def values(variable, random):
    shape = tuple(variable.shape)
    kind = variable.name.split("/")[-1].split(":")[0]
    if kind == "gamma":
        scales = random.uniform(0.2, 2, shape) * random.choice([-1, 1], shape)
        return np.where(random.random_sample(shape) < ODD_PART, random.choice(ODD_SCALES, shape), scales).astype(np.float32)
    if kind in ("beta", "bias", "moving_mean"):
        return random.normal(0, 0.5, shape).astype(np.float32)
    if kind == "moving_variance":
        return random.uniform(0.5, 2, shape).astype(np.float32)
    if kind == "alpha":
        return random.normal(0, 0.5, shape).astype(np.float32)
    # Latent weights or those of a float layer: of about unit variance of the sums, some of them 0 with either sign.
    weights = random.normal(0, 1 / np.sqrt(max(1, np.prod(shape[:-1]))), shape)
    return np.where(random.random_sample(shape) < 0.01, random.choice([0.0, -0.0], shape), weights).astype(np.float32)


def images(model, random, count):
    """Blurred noise: neighbours are alike, as in photographs."""
    height, width, channels = model.input_shape[1:]
    coarse = random.normal(0, 1, (count, height // 8, width // 8, channels)).astype(np.float32)
    smooth = tf.image.resize(coarse, (height, width)).numpy()
    return (smooth + random.normal(0, 0.3, smooth.shape)).astype(np.float32)
