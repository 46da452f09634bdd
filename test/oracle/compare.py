"""Compares an executor with the forward rule of networks.py, and its ONNX twin in ONNX Runtime.

    python3 compare.py FOLDER NAME

reads from FOLDER:

    NAME.npz                     the state dict
    NAME.input.npz               the images
    NAME.signs.npz               for each binary convolution the executor's signs (N, C, H, W) as int8, 0 where the source's sign gives 0
    NAME.packed.npz              the signs of the packed graph, which has no 0
    NAME.onnx, NAME.exact.onnx   the twin, and the twin whose float convolutions are written tap by tap

and prints JSON:

    logits            (N, classes) by the forward rule
    layers            names of its layers, in order
    doubtful          number of signs that differ within 1e-5 of the threshold; the executor's are used, so that later layers can be compared
    wrong             the other signs that differ
    onnxLogits        logits of the twin in ONNX Runtime, given the packed graph's signs
    onnxDoubtful      number of signs that the twin finds to be different
    onnxAloneLogits   logits of the twin without given signs
    onnxExactLogits   logits of the twin whose float convolutions are written tap by tap
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
classes = 10 if images.shape[2] <= 32 else 20
net = Net(0, classes, OMEGA0, state, given=np.load(f'{path}.signs.npz'))
logits = NETWORKS[name][1](net, images)

for twin in ('onnx', 'exact.onnx'):
    onnx.checker.check_model(f'{path}.{twin}', full_check=True)


def run(model, feeds):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=['CPUExecutionProvider'])
    return session.run(None, feeds)


def as_operand(signs, node):
    """Converts signs (N, C, H, W) to what a node of the twin reads: for layers that aren't convolutions, maps are flattened pixel by pixel."""
    return signs if node.op_type == 'Conv' else signs.transpose(0, 2, 3, 1).reshape(len(signs), -1)


def run_with_given_signs(given):
    """Runs the twin with its signs cut off: each convolution takes the given ones, and the signs that the twin finds are outputs."""
    model = onnx.load(f'{path}.onnx')
    graph = model.graph
    image = graph.input[0].name
    layers = {}
    for node in graph.node:
        if node.op_type in ('Conv', 'Gemm'):
            layers.setdefault(node.name.rsplit('/', 1)[0], {}).setdefault(node.input[0], node)
    cut = {}
    for layer in dict.fromkeys(name.split('|')[0] for name in net.layers):
        # A layer that is computed twice, or whose activations have levels, reads several signs: LAYER, LAYER|1 ...
        for n, (value, node) in enumerate(layers[layer].items()):
            key = layer if n == 0 else f'{layer}|{n}'
            if key in given:
                cut.setdefault(value, as_operand(given[key], node))
    for node in graph.node:
        for i, value in enumerate(node.input):
            if value in cut:
                node.input[i] = f'given {value}'
    for value, signs in cut.items():
        shape = [None, *signs.shape[1:]]
        graph.input.append(onnx.helper.make_tensor_value_info(f'given {value}', onnx.TensorProto.FLOAT, shape))
        graph.output.append(onnx.helper.make_tensor_value_info(value, onnx.TensorProto.FLOAT, shape))
    feeds = {f'given {value}': signs.astype(np.float32) for value, signs in cut.items()}
    logits, *found = run(model.SerializeToString(), {image: images, **feeds})
    doubtful = sum(int((twin != signs).sum()) for twin, signs in zip(found, cut.values()))
    return logits, doubtful


def run_twin(file):
    """Gives the logits (N, classes) of a twin without given signs."""
    (logits,) = run(file, {onnx.load(file).graph.input[0].name: images})
    return logits.reshape(len(images), -1).tolist()


twin_given, twin_doubtful = run_with_given_signs(np.load(f'{path}.packed.npz'))
print(json.dumps({
    'logits': logits.reshape(len(images), -1).tolist(),
    'layers': net.layers,
    'doubtful': net.doubtful,
    'wrong': net.wrong,
    'onnxLogits': twin_given.reshape(len(images), -1).tolist(),
    'onnxDoubtful': twin_doubtful,
    'onnxAloneLogits': run_twin(f'{path}.onnx'),
    'onnxExactLogits': run_twin(f'{path}.exact.onnx'),
}))
