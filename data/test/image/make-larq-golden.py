"""What larq-zoo makes of images, for tensorflow-bicubic.test.ts: hashes of what `preprocess_input` gives, and a small image resized.

    python make-larq-golden.py > larq-golden.json

Needs the packages of bench/larq/requirements.txt.
"""

import base64
import hashlib
import json
import os
import sys
from unittest.mock import MagicMock

os.environ.update({"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"})
# larq-zoo imports it for data sets that aren't used here.
sys.modules["tensorflow_datasets"] = MagicMock()

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from larq_zoo.training.data import preprocess_input  # noqa: E402

SIZES = [(37, 53), (300, 230), (224, 224), (9, 8), (2, 500), (641, 480)]
SMALL_SIZES = [(5, 7), (8, 3), (1, 1)]


def image(height, width, channels=3):
    """As in the test: neighbours differ much, so that results leave 0 to 255."""
    i = np.arange(height * width * channels, dtype=np.int64)
    return (i * i * 7919 % 65_521 % 256).astype(np.uint8).reshape(height, width, channels)


def prepared(height, width):
    floats = preprocess_input(image(height, width))
    return {"height": height, "width": width, "sha256": hashlib.sha256(floats.astype("<f4").tobytes()).hexdigest()}


def resized(height, width):
    """The 7 x 7 centre of an image 9 high and 10 wide, to another size."""
    floats = tf.compat.v1.image.resize_bicubic([image(9, 10)[1:8, 2:9]], [height, width])[0].numpy()
    return {"height": height, "width": width, "floats": base64.b64encode(floats.astype("<f4").tobytes()).decode()}


print(json.dumps({"prepared": [prepared(*size) for size in SIZES], "resized": [resized(*size) for size in SMALL_SIZES]}, indent=1))
