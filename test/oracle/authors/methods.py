"""
One function per method: given the folder of the authors' repository, the small network around their own modules in the middle of
training (p = 1/2), and what their loop does in a step. No code of theirs is here: it is imported.
"""

import math
from dataclasses import dataclass, field
from typing import Callable

import torch
from torch import nn
from torch.nn import functional as F

from networks import *
from shims import import_from, legacy_function

EPOCHS = 400
#: Half of them, where their schedules are at p = 1/2.
EPOCH = EPOCHS // 2


def cross_entropy(network, images, labels):
    return F.cross_entropy(network(images), labels)


@dataclass
class Case:
    """A network in training and what surrounds its steps."""

    network: nn.Module
    loss: Callable = cross_entropy
    #: () after the batch norms have got other scales and biases than at first.
    prepare: Callable = lambda: None
    #: (step) before the forward, (step) between the gradients and the optimizer, (step) after the optimizer.
    before: Callable = lambda step: None
    after_backward: Callable = lambda step: None
    after: Callable = lambda step: None
    #: Where the gradient of the sign of an activation or weight jumps.
    edges: tuple = ()
    #: Values may lie exactly on a threshold: activations behind a relu, weights that were clamped.
    exact_zeros: bool = False
    #: A relu is behind a binary convolution.
    zero_sums: bool = False
    #: Not trained, recorded with its state: a teacher.
    teacher: nn.Module | None = None
    #: Network and teacher.
    modules: list = field(init=False)

    def __post_init__(self):
        self.modules = [self.network, *([self.teacher] if self.teacher else [])]


def binary_convolutions(network, kind):
    return [module for module in network.modules() if isinstance(module, kind)]


def logarithmic(low, high):
    """t of IR-Net, RBNN and LCR-BNN in the middle, with k = max(1/t, 1), as their float tensors."""
    t = torch.tensor([math.pow(10, (math.log10(low) + math.log10(high)) / 2)]).float()
    return t, torch.clamp(1 / t, min=1)


def kaiming(network):
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight)


def biper(folder):
    """Stage 2, whose filters are signs of waves."""
    options, resnet = import_from(folder / 'cifar10', 'utils.options', 'models_cifar.resnet')
    options.args.stage2 = True
    options.args.freq = 20.0
    network = BlockNetwork(resnet.BasicBlock_1w1a, bn_hardtanh)
    kaiming(network)
    return Case(network)


def recu(folder):
    modules, resnet = import_from(folder / 'cifar', 'modules.binarized_modules', 'models_cifar.resnet')
    network = BlockNetwork(resnet.BasicBlock_1w1a, bn_hardtanh)
    kaiming(network)
    # Their cpt_tau at half of the epochs, with the default bounds.
    slope = (0.99 - 0.85) / (math.e - 1)
    for conv in binary_convolutions(network, modules.BinarizeConv2d):
        conv.tau = torch.tensor([slope * math.exp(0.5) + 0.85 - slope]).float()
    return Case(network)


def ir_net(folder):
    ir_1w1a, resnet = import_from(folder / 'CIFAR-10/ResNet20/1w1a', 'modules.ir_1w1a', 'resnet')
    network = BlockNetwork(resnet.BasicBlock_1w1a, bn_hardtanh)
    kaiming(network)
    for conv in binary_convolutions(network, ir_1w1a.IRConv2d):
        conv.t, conv.k = logarithmic(1e-3, 1e1)
    return Case(network)


def rbnn(folder):
    modules, resnet = import_from(folder / 'cifar', 'modules.binarized_modules', 'models_cifar.resnet')
    network = BlockNetwork(resnet.BasicBlock_1w1a, bn_hardtanh)
    kaiming(network)
    convs = binary_convolutions(network, modules.BinarizeConv2d)
    for conv in convs:
        conv.t, conv.k = logarithmic(1e-2, 1e1)
        # Away from pi/2, where no gradient reaches the angle.
        nn.init.uniform_(conv.rotate, 0.3, 1.2)

    def before(step):
        # Rotations are updated in the first step of an epoch.
        for conv in convs:
            conv.epoch = EPOCH if step == 0 else -1

    return Case(network, before=before)


def reste(folder):
    modules, resnet = import_from(folder, 'model.binary_module.binarized_modules', 'model.models_cifar.resnet20')
    network = BlockNetwork(resnet.BasicBlock_1w1a, relu_bn)
    kaiming(network)
    o = 1 + (1 - math.cos(math.pi / 4)) * (3 - 1)
    for conv in binary_convolutions(network, modules.BinarizeConv2d):
        conv.o = conv.o_a = torch.tensor(o)
    return Case(network, edges=(0.1, 1.5), zero_sums=True)


def xnor_net(folder):
    nin, util = import_from(folder / 'CIFAR_10', 'models.nin', 'util')
    nin.BinActive = legacy_function(nin.BinActive)
    network = XnorNetwork(nin.BinConv2d)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            # Wider than at their start, so that some are beyond the window.
            nn.init.normal_(module.weight, 0, 0.5)
            nn.init.normal_(module.bias, 0, 0.1)
    operation = util.BinOp(network)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d) and module.affine]

    def prepare():
        # Below the bound.
        norms[0].weight.data[1] = 0.004

    def before(step):
        # What their Net.forward does first, which the network here replaces.
        for norm in norms:
            norm.weight.data.clamp_(min=0.01)
        operation.binarization()

    def after_backward(step):
        operation.restore()
        operation.updateBinaryGradWeight()

    return Case(network, prepare=prepare, before=before, after_backward=after_backward, edges=(1,), exact_zeros=True)


def bi_real(folder):
    (birealnet,) = import_from(folder / 'pytorch_implementation/BiReal18_34', 'birealnet')
    network = BiRealNetwork(birealnet.BasicBlock, birealnet.conv1x1)
    kaiming(network)
    for conv in binary_convolutions(network, birealnet.HardBinaryConv):
        # Of both signs, which they aren't at first, and partly outside of the window.
        nn.init.normal_(conv.weights, 0, 0.6)
    return Case(network)


def bnn(folder):
    (modules,) = import_from(folder, 'models.binarized_modules')
    network = PlainNetwork(modules.BinarizeConv2d)
    convs = binary_convolutions(network, modules.BinarizeConv2d)
    for conv in convs:
        nn.init.uniform_(conv.weight, -1, 1)

    def after(step):
        # As the Theano and Torch originals: the PyTorch version lost the line for weights, and has it for biases (main_mnist.py).
        for conv in convs:
            conv.weight.data.clamp_(-1, 1)
            conv.bias.data.clamp_(-1, 1)

    return Case(network, after=after)


def dorefa(folder):
    (resnet,) = import_from(folder, 'nets.cifar_resnet')
    network = PreActivationNetwork(lambda inputs, outputs, stride: resnet.PreActBlock_conv_Q(1, 1, inputs, outputs, stride))
    return Case(network, exact_zeros=True)


def dsq(folder):
    """
    The bounds lie within the data, and momentum 1 takes the moving averages out: then it is what the paper says, but for the gradients of the
    bounds, which take the hard step where the paper has the soft one. So they stay as they are.
    """
    (module,) = import_from(folder, 'DSQConv')
    network = PlainNetwork(lambda *a, **k: module.DSQConv(*a, **k, bias=False, momentum=1, num_bit=1))
    kaiming(network)
    for conv in binary_convolutions(network, module.DSQConv):
        for name, value in dict(lW=-0.2, uW=0.25, alphaW=0.2, lA=-0.7, uA=0.8, alphaA=0.3).items():
            getattr(conv, name).data.fill_(value)
        for bound in (conv.lW, conv.uW, conv.lA, conv.uA):
            bound.requires_grad_(False)
    return Case(network)


def lcr_bnn(folder):
    lcr, ir, modules, float_resnet = import_from(
        folder / 'LCR/imagenet',
        'LCR',
        'models.resnet_ir',
        'modules.binarized_modules',
        'models.resnet',
    )
    # It is set when their ResNet is made.
    ir.BN = nn.BatchNorm2d
    network = StagedNetwork(ir.BasicBlock, is_student=True)
    teacher = StagedNetwork(float_resnet.BasicBlock, is_student=False)
    for module in (network, teacher):
        kaiming(module)
    for conv in binary_convolutions(network, modules.BinarizeConv2d):
        conv.t, conv.k = logarithmic(1e-3, 1e1)
    nn.init.uniform_(network.gamma, 0.7, 1.3)
    regularisation = lcr.LCR(teacher, network)

    def loss(network, images, labels):
        output = network(images)
        return F.cross_entropy(output, labels) + 8 * regularisation(images).sum() / len(images) / 10000

    return Case(network, loss=loss, teacher=teacher, exact_zeros=True)


#: Folder of the repository (README.md says which) and how its case is built.
METHODS = {
    'biper': ('BiPer', biper),
    'recu': ('ReCU', recu),
    'ir-net': ('IR-Net', ir_net),
    'rbnn': ('RBNN', rbnn),
    'reste': ('ReSTE', reste),
    'xnor-net': ('XNOR-Net-PyTorch', xnor_net),
    'bi-real': ('Bi-Real-net', bi_real),
    'bnn': ('BinaryNet.pytorch', bnn),
    'dorefa': ('pytorch_DoReFaNet', dorefa),
    'dsq': ('DSQ', dsq),
    'lcr-bnn': ('LCR_BNN', lcr_bnn),
}
