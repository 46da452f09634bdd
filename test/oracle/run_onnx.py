"""Check an ONNX model with ONNX's own checker, and run it on the first input of an .expected.npz in ONNX Runtime.

    python3 run_onnx.py MODEL.onnx NAME.expected.npz

prints the logits as a JSON array.
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime

model, expected = sys.argv[1:]
onnx.checker.check_model(model, full_check=True)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options, providers=['CPUExecutionProvider'])
images = np.load(expected)['input'][:1]
(logits,) = session.run(None, {session.get_inputs()[0].name: images})
print(json.dumps(logits.reshape(-1).tolist()))
