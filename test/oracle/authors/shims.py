"""What lets the authors' programs run on a CPU under current PyTorch, and a watch over values near thresholds."""

import contextlib
import importlib
import sys

import numpy as np
import torch
import torch.nn.functional as F


def import_from(folder, *names):
    """Imports modules of a repository. Several of them call their packages `modules` and `utils`: none stays known by its name."""
    before = set(sys.modules)
    arguments = sys.argv
    sys.path.insert(0, str(folder))
    # Their options are parsed from the command line when they are imported.
    sys.argv = ['main.py']
    numbers = np.random.get_state()
    try:
        # Some seed the random numbers when they are imported.
        with torch.random.fork_rng(devices=[]):
            return [importlib.import_module(name) for name in names]
    finally:
        np.random.set_state(numbers)
        sys.path.remove(str(folder))
        sys.argv = arguments
        for name in set(sys.modules) - before:
            module = sys.modules[name]
            # A folder without __init__.py has no file.
            places = [getattr(module, '__file__', None) or '', *getattr(module, '__path__', ())]
            if any(str(place).startswith(str(folder)) for place in places):
                del sys.modules[name]


@contextlib.contextmanager
def replaced(*replacements):
    """With (object, name, value) set."""
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in replacements]
    for owner, name, value in replacements:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in originals:
            setattr(owner, name, value)


def without_cuda():
    """They move constants to a GPU, by `.cuda()` and `.to('cuda')`, whether there is one or not."""
    move = torch.Tensor.to
    return replaced(
        (torch.Tensor, 'cuda', lambda self, *_, **__: self),
        (torch.Tensor, 'to', lambda self, *a, **k: self if a[:1] == ('cuda',) else move(self, *a, **k)),
    )


def legacy_function(function):
    """A Function of old PyTorch, whose methods aren't static and which is called as an object, for current PyTorch."""
    methods = {name: staticmethod(getattr(function, name)) for name in ('forward', 'backward')}
    return lambda: type(function.__name__, (torch.autograd.Function,), methods).apply


def with_floor_division():
    """Of tensors by `//`, whose derivative was 0 and which current PyTorch refuses to differentiate."""
    return replaced((torch.Tensor, '__floordiv__', lambda self, other: torch.floor(self / other).detach()))


#: What a sum of equal terms of both signs may come to where it is 0.
ROUNDING = 1e-6


def exact_relu(relu):
    """
    A relu for sums of +-s (a convolution of bits, scaled) that takes 0 for 0 whatever the order of summation left of it: a third of the sums
    at the corners is 0, and on which side they come to lie decides on their gradients.
    """
    return lambda x, inplace=False: relu(x * (x.detach().abs() > ROUNDING))


class Margins:
    """
    The least distance of a value from where it would be treated otherwise: 0 of a sign or relu, the bounds of a clamp or hardtanh, halves of
    a rounding, and `edges`, absolute values at which the gradient of the method's sign jumps. Zeros that an operation gave exactly
    (behind a relu, or at the bound to which weights were clamped) are no ties to break: `exact_zeros` leaves them out.
    """

    def __init__(self, edges=(), exact_zeros=False, zero_sums=False):
        self.edges = edges
        self.exact_zeros = exact_zeros
        self.zero_sums = zero_sums
        self.least = float('inf')

    def note(self, distances):
        distances = distances.detach().abs()
        if self.exact_zeros:
            distances = distances[distances > 0]
        if distances.numel() > 0:
            self.least = min(self.least, distances.min().item())

    def watch(self):
        """A context in which the operations are watched."""
        sign, hardtanh, clamp, rounded = torch.sign, F.hardtanh, torch.clamp, torch.Tensor.round
        relu = exact_relu(F.relu) if self.zero_sums else F.relu

        def watched_sign(x):
            for edge in (0, *self.edges):
                self.note(x.abs() - edge)
            return sign(x)

        def watched_relu(x, inplace=False):
            self.note(x[x.abs() > ROUNDING] if self.zero_sums else x)
            return relu(x, inplace)

        def watched_hardtanh(x, *options, **named):
            self.note(x.abs() - 1)
            return hardtanh(x, *options, **named)

        def watched_clamp(x, low, high):
            self.note(x - low)
            self.note(x - high)
            return clamp(x, low, high)

        def watched_round(x):
            self.note(x - x.floor() - 0.5)
            return rounded(x)

        return replaced(
            (torch, 'sign', watched_sign),
            (torch.Tensor, 'sign', watched_sign),
            (F, 'relu', watched_relu),
            (F, 'hardtanh', watched_hardtanh),
            (torch, 'clamp', watched_clamp),
            (torch.Tensor, 'round', watched_round),
        )
