"""larq compute engine's own interpreter on BinaryResNetE18 of larq-zoo, one thread, random weights.

Prints a line of JSON once it is ready and its outputs have been checked against Keras. Then it answers each line "WAY N" on
stdin with the median, in milliseconds, of N inferences run in that way. Needs requirements.txt; started by bench/src/peers/larq.ts.
"""

import json
import os
import sys
import time
from unittest.mock import MagicMock

os.environ.update({"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"})
# larq-zoo imports it for data sets that aren't used here.
sys.modules["tensorflow_datasets"] = MagicMock()
# Output of libraries must not get between the lines of our protocol.
protocol, sys.stdout = sys.stdout, sys.stderr

import larq_compute_engine as lce  # noqa: E402
import larq_zoo  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from larq_compute_engine.tflite.python.interpreter import Interpreter  # noqa: E402

# Its convolutions sum floats in another order than Keras's. That flips signs of values near zero, and with random weights the
# difference grows from layer to layer; but outputs of another network wouldn't be correlated at all.
LEAST_CORRELATION = 0.98
# The first is the interpreter's default. On x86 the second takes a fraction of its time.
WAYS = {
    "default": {},
    "indirect": {"use_indirect_bgemm": True, "use_xnnpack": True},
}

tf.keras.utils.set_random_seed(0)
network = larq_zoo.literature.BinaryResNetE18(weights=None)
# Without the softmax, whose outputs say little when it saturates.
network = tf.keras.Model(network.input, network.layers[-2].output)
image = np.random.RandomState(0).uniform(-1, 1, (1, 224, 224, 3)).astype(np.float32)
expected = network.predict(image, verbose=0)

model = lce.convert_keras_model(network)
interpreters = {way: Interpreter(model, num_threads=1, **options) for way, options in WAYS.items()}


def say(value):
    print(json.dumps(value), file=protocol, flush=True)


for way, interpreter in interpreters.items():
    correlation = np.corrcoef(interpreter.predict(image).ravel(), expected.ravel())[0, 1]
    if not correlation >= LEAST_CORRELATION:
        say({"error": f"{way}: the correlation of its logits with those of Keras is {correlation:.3f}, expected {LEAST_CORRELATION}"})
        sys.exit(1)
say({"tensorflow": tf.__version__, "fileBytes": len(model)})
for line in sys.stdin:
    way, runs = line.split()
    times = []
    for _ in range(int(runs)):
        start = time.perf_counter()
        interpreters[way].predict(image)
        times.append((time.perf_counter() - start) * 1000)
    say(float(np.median(times)))
