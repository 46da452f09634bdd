"""Compare an executor with the forward rule of networks.py, and its ONNX twin with ONNX Runtime.

    python3 check.py FOLDER NAME

reads from FOLDER: NAME.npz, the state dict; NAME.input.npz; NAME.signs.npz, for each binary convolution the executor's signs (N, C, H, W) as
int8; NAME.onnx. Prints JSON: `logits` of the forward rule (N, classes), its `layers` in order, how many signs were `doubtful` (another one than
here, within 1e-5 of the threshold: the executor's was taken, so that what follows can be compared), which were `wrong`; `onnxLogits`.
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime

from networks import NETWORKS, OMEGA0, Net

folder, name = sys.argv[1:]
path = f'{folder}/{name}'
images = np.load(f'{path}.input.npz')['input']
state = dict(np.load(f'{path}.npz'))
classes = 10 if images.shape[2] == 32 else 20
net = Net(0, classes, OMEGA0, state, given=np.load(f'{path}.signs.npz'))
logits = NETWORKS[name][1](net, images)

onnx.checker.check_model(f'{path}.onnx', full_check=True)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(f'{path}.onnx', options, providers=['CPUExecutionProvider'])
(twin,) = session.run(None, {session.get_inputs()[0].name: images})

print(json.dumps({
    'logits': logits.reshape(len(images), -1).tolist(),
    'layers': net.layers,
    'doubtful': net.doubtful,
    'wrong': net.wrong,
    'onnxLogits': twin.reshape(len(images), -1).tolist(),
}))
