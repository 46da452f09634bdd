"""A network of larq's zoo with random weights, in the engines that Python has, on one thread each.

    python measure.py NETWORK FOLDER

NETWORK is a function of larq-zoo, such as QuickNet. Writes FOLDER/model.tflite, which Larq Compute Engine converted, without a softmax at its
end, and FOLDER/input.npy (1, H, W, C). Prints a line of JSON once all is ready, with the correlation of each way's output with that of Keras. Then
it answers lines on stdin, each with a line of JSON:

    time WAY N     the median, in milliseconds, of N inferences run in that way: from an array of floats to an array of floats
    output WAY     the output for the input, as numbers
    load WAY       milliseconds from the file's bytes to an interpreter, and of the first inference after that

Needs requirements.txt; started by bench/src/peers/larq-process.ts.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ.update({"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"})
# Output of libraries must not get between the lines of our protocol.
protocol, sys.stdout = sys.stdout, sys.stderr

import larq_compute_engine as lce  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from float_twin import float_tflite  # noqa: E402
from larq_compute_engine.tflite.python.interpreter import Interpreter  # noqa: E402
from random_networks import images, network  # noqa: E402

SEED = 1


class TensorFlowLite:
    """Its own interpreter; XNNPACK is what it runs floats with unless it is told otherwise."""

    def __init__(self, model):
        self.interpreter = tf.lite.Interpreter(model_content=model, num_threads=1)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]["index"]
        self.output = self.interpreter.get_output_details()[0]["index"]
        if not any(operator["op_name"] == "DELEGATE" for operator in self.interpreter._get_ops_details()):
            raise RuntimeError("XNNPACK runs nothing of the float32 network")

    def predict(self, values):
        self.interpreter.set_tensor(self.input, values)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output)


def say(value):
    print(json.dumps(value), file=protocol, flush=True)


def elapsed_ms(work):
    start = time.perf_counter()
    result = work()
    return (time.perf_counter() - start) * 1000, result


name, folder = sys.argv[1], Path(sys.argv[2])
random = np.random.RandomState(SEED)
keras = network(name, random)
last = keras.layers[-1]
if getattr(last, "activation", None) is tf.keras.activations.softmax:
    # Its outputs say little when it saturates.
    keras = tf.keras.Model(keras.input, last.input)
image = images(keras, random, 1)
expected = keras.predict(image, verbose=0).ravel()

binary = lce.convert_keras_model(keras)
floats = float_tflite(keras)
OPEN = {
    "default": lambda: Interpreter(binary, num_threads=1),
    # On x86 it takes a fraction of the time of the interpreter's default.
    "indirect": lambda: Interpreter(binary, num_threads=1, use_indirect_bgemm=True, use_xnnpack=True),
    "float": lambda: TensorFlowLite(floats),
}
opened = {way: make() for way, make in OPEN.items()}
correlations = {way: float(np.corrcoef(engine.predict(image).ravel(), expected)[0, 1]) for way, engine in opened.items()}
folder.mkdir(parents=True, exist_ok=True)
(folder / "model.tflite").write_bytes(binary)
np.save(folder / "input.npy", image)
say({"binaryBytes": len(binary), "floatBytes": len(floats), "correlations": correlations})

for line in sys.stdin:
    command, way, *rest = line.split()
    if command == "time":
        say(float(np.median([elapsed_ms(lambda: opened[way].predict(image))[0] for _ in range(int(rest[0]))])))
    elif command == "output":
        say(opened[way].predict(image).ravel().tolist())
    elif command == "load":
        load_ms, engine = elapsed_ms(OPEN[way])
        run_ms, _ = elapsed_ms(lambda: engine.predict(image))
        say({"loadMs": load_ms, "firstRunMs": run_ms})
