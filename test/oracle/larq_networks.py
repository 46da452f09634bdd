"""Networks of larq's zoo with random weights that are made hostile, converted and run by Larq Compute Engine.

    python larq_networks.py FOLDER SEED NAME...

Writes FOLDER/NAME with model.tflite, input.npy (1, H, W, C), output.npy and steps.npz: what its interpreter gives at each operator. NAME is a
function of larq-zoo, such as QuickNet. Needs the packages of bench/larq/requirements.txt.
"""

import os
import sys
from pathlib import Path
from unittest.mock import MagicMock

os.environ.update({"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"})
# larq-zoo imports it for data sets that aren't used here.
sys.modules["tensorflow_datasets"] = MagicMock()

import larq_compute_engine as lce  # noqa: E402
import larq_zoo  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from larq_compute_engine.tflite.python.interpreter import Interpreter  # noqa: E402
from tensorflow.lite.tools import flatbuffer_utils  # noqa: E402

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


def with_all_outputs(model):
    """The file with what every operator makes as an output of the network, and the operators' numbers. Not of what is made of constants alone,
    which takes 150 MB each in XNORNet."""
    tree = flatbuffer_utils.convert_bytearray_to_object(model)
    graph = tree.subgraphs[0]
    varying = set(graph.inputs)
    numbers = []
    for number, operator in enumerate(graph.operators):
        if varying.intersection(operator.inputs):
            varying.update(operator.outputs)
            numbers.append(number)
    graph.outputs = [graph.operators[number].outputs[0] for number in numbers]
    tree.signatureDefs = []
    return bytes(flatbuffer_utils.convert_object_to_bytearray(tree)), numbers


folder, seed, *names = sys.argv[1:]
for name in names:
    random = np.random.RandomState(int(seed))
    tf.keras.backend.clear_session()
    keras = network(name, random)
    model = lce.convert_keras_model(keras)
    image = images(keras, random, 1)
    # Its indirect kernel is right where zero pads overhang both sides of a map, which its default one isn't.
    options = {"num_threads": 1, "use_indirect_bgemm": True}
    recorded, numbers = with_all_outputs(model)
    steps = Interpreter(recorded, **options).predict(image)
    to = Path(folder) / name
    to.mkdir(parents=True, exist_ok=True)
    (to / "model.tflite").write_bytes(model)
    np.save(to / "input.npy", image)
    np.save(to / "output.npy", Interpreter(model, **options).predict(image))
    np.savez(to / "steps.npz", **{f"{number:03}": step for number, step in zip(numbers, steps)})
