"""Times a training step of BiPer's ResNet-20 in PyTorch, a rewrite with the arithmetic of the authors' code.

    python pytorch_step.py TENSORS.json BATCH STEPS

TENSORS.json is what measure-step.mjs writes: parameters, images (N, H, W, C) and labels, with the numbers in TENSORS.bin.
Prints {"loss", "ms", "device"} as JSON: the loss of the first step in stage 1 on those images, in float64 (in float32 a sign near 0 may
differ, and with so few images a single one would be visible); and the milliseconds of each step in stage 2, in float32, on random images.
"""

import json
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

OMEGA0 = 20
TAU = 0.0468
LEARNING_RATE = 0.02
WARM_UP_STEPS = 3


class Wave(torch.autograd.Function):
    """Stage 2: sign(sin(omega0 w)), with the derivative of the sine."""

    @staticmethod
    def forward(ctx, w):
        ctx.save_for_backward(w)
        return torch.sign(torch.sin(OMEGA0 * w))

    @staticmethod
    def backward(ctx, dy):
        (w,) = ctx.saved_tensors
        return dy * OMEGA0 * torch.cos(OMEGA0 * w)


class Sign(torch.autograd.Function):
    """sign(a), with Bi-Real's triangle for a derivative."""

    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return torch.sign(a)

    @staticmethod
    def backward(ctx, dy):
        (a,) = ctx.saved_tensors
        return dy * (2 - torch.abs(2 * a)).clamp(min=0)


class BinaryConv(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.stride = stride
        self.stage = 2
        self.weight = nn.Parameter(torch.empty(outputs, inputs, 3, 3))
        self.alpha = nn.Parameter(torch.empty(outputs, 1, 1))

    def forward(self, a):
        a = a / torch.sqrt(a.var([1, 2, 3], keepdim=True) + 1e-5)
        w = torch.sin(OMEGA0 * self.weight) if self.stage == 1 else Wave.apply(self.weight)
        return F.conv2d(Sign.apply(a), w, None, self.stride, 1) * self.alpha


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.pad = outputs // 4 if inputs != outputs else 0
        self.stride = stride
        self.conv1 = BinaryConv(inputs, outputs, stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = BinaryConv(outputs, outputs, 1)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        shortcut = F.avg_pool2d(x, 2) if self.stride == 2 else x
        shortcut = F.pad(shortcut, (0, 0, 0, 0, self.pad, self.pad))
        x = F.hardtanh(self.bn1(self.conv1(x)) + shortcut)
        return F.hardtanh(self.bn2(self.conv2(x)) + x)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(Block(16, 16, 1), Block(16, 16, 1), Block(16, 16, 1))
        self.layer2 = nn.Sequential(Block(16, 32, 2), Block(32, 32, 1), Block(32, 32, 1))
        self.layer3 = nn.Sequential(Block(32, 64, 2), Block(64, 64, 1), Block(64, 64, 1))
        self.bn2 = nn.BatchNorm1d(64)
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = F.hardtanh(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(self.bn2(x.mean([2, 3])))


def step(model, optimizer, images, labels):
    regulariser = sum((0.5 - 0.5 * torch.cos(2 * OMEGA0 * m.weight)).mean() for m in binary_layers(model))
    loss = F.cross_entropy(model(images), labels) + TAU * regulariser
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def binary_layers(model):
    return [m for m in model.modules() if isinstance(m, BinaryConv)]


def new_model(tensors, stage):
    model = ResNet20()
    for name, parameter in model.named_parameters():
        parameter.data = torch.from_numpy(tensors[name].copy())
    for layer in binary_layers(model):
        layer.stage = stage
    return model, torch.optim.SGD(model.parameters(), LEARNING_RATE, momentum=0.9, weight_decay=1.6e-4)


def read_tensors(path):
    numbers = numpy.fromfile(path.removesuffix(".json") + ".bin", numpy.float32)
    with open(path, encoding="utf-8") as file:
        entries = json.load(file)
    return {e["name"]: numbers[e["from"] : e["from"] + e["count"]].reshape(e["shape"]) for e in entries}


def main():
    path, batch, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    tensors = read_tensors(path)
    images = torch.from_numpy(tensors["images"].transpose(0, 3, 1, 2).copy())
    labels = torch.from_numpy(tensors["labels"].astype(numpy.int64))
    exact, optimizer = new_model(tensors, 1)
    loss = step(exact.double(), optimizer, images.double(), labels)
    model, optimizer = new_model(tensors, 2)
    images = torch.rand(batch, 3, 32, 32) * 4 - 2
    labels = torch.arange(batch) % 10
    ms = []
    for _ in range(WARM_UP_STEPS + steps):
        start = time.perf_counter()
        step(model, optimizer, images, labels)
        ms.append(1000 * (time.perf_counter() - start))
    device = f"PyTorch {torch.__version__}, CPU, {torch.get_num_threads()} threads"
    print(json.dumps({"loss": loss, "ms": sorted(ms[WARM_UP_STEPS:]), "device": device}))


main()
