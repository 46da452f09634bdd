"""Logits of HWGQ's networks by OpenCV, which reads Caffe's files and runs their layers, on random weights: ten numbers for each network.

    SIGNWAVE_PUBLISHED=FOLDER npx vitest run test/e2e/published-networks.test.ts -t written
    python3 caffe-logits.py FOLDER AUTHORS > ../e2e/caffe-logits.json

FOLDER has the Caffe models and the images, AUTHORS a clone of github.com/zhaoweicai/hwgq, whose prototxt files say which layer reads what. Needs
opencv-python-headless before version 5. Layers that OpenCV lacks are replaced here: quantizers, and layers with binary weights by ones that are given such.
"""

import json
import re
import sys
from pathlib import Path

import cv2
import numpy as np

folder, authors = (Path(argument).resolve() for argument in sys.argv[1:])
#: id of the architecture -> prototxt, side of the images.
NETWORKS = {
    'hwgq-resnet18': ('imagenet/res18-hwgq-3ne-clip-poly-320k/deploy.prototxt', 224),
    'hwgq-resnet18_bw': ('imagenet/res18-hwgq-3ne-clip-poly-320k/deploy_bw.prototxt', 224),
    'hwgq-resnet34': ('imagenet/res34-hwgq-3ne-clip-poly-320k/deploy.prototxt', 224),
    'hwgq-alexnet_bw': ('imagenet/alex-hwgq-3ne-clip-poly-320k/deploy_bw.prototxt', 227),
    'hwgq-vgg_small': ('cifar10/vgg-hwgq-3ne-clip-poly/train_val.prototxt', 32),
}
#: Layers of training, and the last one of deployment, whose input the logits are.
NOT_RUN = ('Data', 'SoftmaxWithLoss', 'Accuracy', 'Softmax')


class Quant:
    """The half-wave quantizer with the levels of all networks above."""

    def __init__(self, params, blobs):
        self.centers = np.array([0.538, 1.076, 1.614], np.float32)

    def getMemoryShapes(self, inputs):
        return [inputs[0]]

    def forward(self, inputs):
        (x,), (a, b, c) = inputs, self.centers
        return [np.select([x <= 0, x <= np.float32(0.5) * (a + b), x <= np.float32(0.5) * (b + c)], [np.float32(0), a, b], c)]


def layers_of(text):
    """Splits a prototxt into what precedes the layers and the layers, brace by brace."""
    starts = [match.start() for match in re.finditer(r'^layer\s*\{', text, re.M)]
    return text[:starts[0]], [text[start:end] for start, end in zip(starts, starts[1:] + [len(text)])]


def prototxt_of(path, side):
    text = re.sub(r'\b(quant|binary_convolution|binary_inner_product)_param\s*\{[^}]*\}', '', (authors / 'examples' / path).read_text())
    text = text.replace('BinaryConvolution', 'Convolution').replace('BinaryInnerProduct', 'InnerProduct')
    text = text.replace('num_output: 1000', 'num_output: 10')
    _, layers = layers_of(text)
    layers = [layer for layer in layers if re.search(r'type:\s*"(\w+)"', layer)[1] not in NOT_RUN]
    dims = ' '.join(f'dim: {size}' for size in (1, 3, side, side))
    return f'input: "data" input_shape {{ {dims} }}\n' + ''.join(layers)


def binarize(net, path):
    """Gives the layers that are binary in the authors' prototxt the weights that Caffe computes for them."""
    for layer in layers_of((authors / 'examples' / path).read_text())[1]:
        if 'type: "Binary' in layer:
            layer = net.getLayerId(re.search(r'name:\s*"(\w+)"', layer)[1])
            w = net.getParam(layer, 0)
            scale = np.abs(w).mean(axis=tuple(range(1, w.ndim)), keepdims=True, dtype=np.float64)
            net.setParam(layer, 0, (np.where(w >= 0, 1, -1) * scale).astype(np.float32))


cv2.dnn_registerLayer('Quant', Quant)
recorded = {}
for name, (path, side) in NETWORKS.items():
    text, model = prototxt_of(path, side).encode(), (folder / f'{name}.caffemodel').read_bytes()
    net = cv2.dnn.readNetFromCaffe(np.frombuffer(text, np.uint8), np.frombuffer(model, np.uint8))
    net.enableFusion(False)
    net.enableWinograd(False)
    binarize(net, path)
    pixels = np.frombuffer((folder / f'{name}.rgb').read_bytes(), np.uint8).astype(np.float32).reshape(side, side, 3)
    image = pixels / 64 - 2 if side == 32 else pixels - np.array([104, 117, 123], np.float32)
    net.setInput(np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32))
    recorded[name] = [float(f'{value:.7g}') for value in net.forward().ravel().tolist()]
print(json.dumps(recorded, indent=2))
