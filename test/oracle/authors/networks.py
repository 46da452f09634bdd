"""Small networks around the authors' own blocks and layers: a float convolution, one block or layer of stride 1, one of stride 2, a head."""

import torch
from torch import nn
from torch.nn import functional as F

WIDTHS = (4, 8)
CLASSES = 4


def stem():
    return nn.Conv2d(3, WIDTHS[0], 3, padding=1, bias=False)


class BlockNetwork(nn.Module):
    """Two blocks between the stem and the head that the authors' ResNets for CIFAR have."""

    def __init__(self, block, start):
        """`start` is what the authors' network does with the stem's batch norm and nonlinearity: of (bn, conv output)."""
        super().__init__()
        self.start = start
        self.conv1 = stem()
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        self.layer1 = nn.Sequential(block(WIDTHS[0], WIDTHS[0], 1))
        self.layer2 = nn.Sequential(block(WIDTHS[0], WIDTHS[1], 2))
        self.bn2 = nn.BatchNorm1d(WIDTHS[1])
        self.linear = nn.Linear(WIDTHS[1], CLASSES)

    def forward(self, x):
        x = self.start(self.bn1, self.conv1(x))
        x = self.layer2(self.layer1(x))
        return self.linear(self.bn2(x.mean((2, 3))))


def bn_hardtanh(bn, x):
    return F.hardtanh(bn(x))


def relu_bn(bn, x):
    return bn(F.relu(x))


class PlainNetwork(nn.Module):
    """Two binary convolutions without skips, each followed by batch norm and hardtanh, as in VGG-small."""

    def __init__(self, conv):
        super().__init__()
        self.conv0 = stem()
        self.bn0 = nn.BatchNorm2d(WIDTHS[0])
        self.conv1 = conv(WIDTHS[0], WIDTHS[0], 3, stride=1, padding=1)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        self.conv2 = conv(WIDTHS[0], WIDTHS[1], 3, stride=2, padding=1)
        self.bn2 = nn.BatchNorm2d(WIDTHS[1])
        self.fc = nn.Linear(WIDTHS[1], CLASSES)

    def forward(self, x):
        x = F.hardtanh(self.bn0(self.conv0(x)))
        x = F.hardtanh(self.bn1(self.conv1(x)))
        x = F.hardtanh(self.bn2(self.conv2(x)))
        return self.fc(x.mean((2, 3)))


class BiRealNetwork(nn.Module):
    """Bi-Real's ResNet, whose blocks have one convolution each, without the maximum of the stem."""

    def __init__(self, block, conv1x1):
        super().__init__()
        self.conv1 = stem()
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        shortcut = nn.Sequential(nn.AvgPool2d(2, stride=2), conv1x1(*WIDTHS), nn.BatchNorm2d(WIDTHS[1]))
        self.layer1 = nn.Sequential(block(WIDTHS[0], WIDTHS[0]), block(WIDTHS[0], WIDTHS[0]))
        self.layer2 = nn.Sequential(block(WIDTHS[0], WIDTHS[1], 2, shortcut), block(WIDTHS[1], WIDTHS[1]))
        self.fc = nn.Linear(WIDTHS[1], CLASSES)

    def forward(self, x):
        x = self.layer2(self.layer1(self.bn1(self.conv1(x))))
        return self.fc(x.mean((2, 3)))


class PreActivationNetwork(nn.Module):
    """Like pytorch_DoReFaNet's PreActResNet: batch norm without nonlinearity at the end."""

    def __init__(self, block):
        super().__init__()
        self.conv0 = stem()
        self.layers = nn.ModuleList([block(WIDTHS[0], WIDTHS[0], 1), block(WIDTHS[0], WIDTHS[1], 2)])
        self.bn = nn.BatchNorm2d(WIDTHS[1])
        self.logit = nn.Linear(WIDTHS[1], CLASSES)

    def forward(self, x):
        x = self.conv0(x)
        for layer in self.layers:
            x = layer(x)
        return self.logit(self.bn(x).mean((2, 3)))


class XnorNetwork(nn.Module):
    """XNOR-Net's NIN with fewer layers: float convolutions at both ends, the classes' relu before the mean."""

    def __init__(self, conv):
        super().__init__()
        self.xnor = nn.Sequential(
            nn.Conv2d(3, WIDTHS[0], 3, padding=1),
            nn.BatchNorm2d(WIDTHS[0], eps=1e-4, affine=False),
            nn.ReLU(),
            conv(WIDTHS[0], WIDTHS[0], 3, 1, 1),
            conv(WIDTHS[0], WIDTHS[1], 3, 2, 1),
            nn.BatchNorm2d(WIDTHS[1], eps=1e-4, affine=False),
            nn.Conv2d(WIDTHS[1], CLASSES, 1),
            nn.ReLU(),
        )

    def forward(self, x):
        return self.xnor(x).mean((2, 3))


class StagedNetwork(nn.Module):
    """Three stages of one block each, whose features LCR-BNN compares: the student if there is a nonlinearity at the stem."""

    def __init__(self, block, is_student):
        super().__init__()
        narrow, wide = WIDTHS
        self.is_student = is_student
        self.conv1 = stem()
        self.bn1 = nn.BatchNorm2d(narrow)
        shortcuts = [None, *(self.shortcut(inputs, wide) for inputs in WIDTHS)]
        self.layer1 = nn.Sequential(block(narrow, narrow, 1, shortcuts[0]))
        self.layer2 = nn.Sequential(block(narrow, wide, 2, shortcuts[1]))
        self.layer3 = nn.Sequential(block(wide, wide, 2, shortcuts[2]))
        if is_student:
            self.gamma = nn.Parameter(torch.ones(1, 3))
            self.bn2 = nn.BatchNorm1d(wide)
            self.fc = nn.Linear(wide, CLASSES)

    @staticmethod
    def shortcut(inputs, outputs):
        return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=2, bias=False), nn.BatchNorm2d(outputs))

    def stages(self, x):
        nonlinearity = F.hardtanh if self.is_student else F.relu
        x = nonlinearity(self.bn1(self.conv1(x)))
        features = []
        for layer in (self.layer1, self.layer2, self.layer3):
            x = layer(x)
            features.append(x)
        return features

    def forward(self, x):
        return self.fc(self.bn2(self.stages(x)[-1].mean((2, 3))))

    # What LCR-BNN's module asks of student and teacher.

    def extract_feature(self, x, preReLU):
        return [F.relu(feature) for feature in self.stages(x)]

    def scaleable_feature(self, x, preReLU):
        return [self.gamma[0, i] * feature for i, feature in enumerate(self.stages(x))]

    def get_channel_num(self):
        return [layer[-1].bn2.num_features for layer in (self.layer1, self.layer2, self.layer3)]

    def get_bn_before_relu(self):
        return [layer[-1].bn2 for layer in (self.layer1, self.layer2, self.layer3)]
