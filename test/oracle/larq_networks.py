"""Networks of larq's zoo with random weights that are made hostile, converted and run by Larq Compute Engine.

    python larq_networks.py FOLDER SEED NAME...

Writes FOLDER/NAME with model.tflite, input.npy (1, H, W, C), output.npy and steps.npz: what its interpreter gives at each operator. NAME is a
function of larq-zoo, such as QuickNet. Needs the packages of bench/larq/requirements.txt.
"""

import os
import sys
from pathlib import Path

os.environ.update({"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"})
sys.path.append(str(Path(__file__).parents[2] / "bench" / "larq"))

import larq_compute_engine as lce  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from larq_compute_engine.tflite.python.interpreter import Interpreter  # noqa: E402
from random_networks import images, network  # noqa: E402
from tensorflow.lite.tools import flatbuffer_utils  # noqa: E402


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
