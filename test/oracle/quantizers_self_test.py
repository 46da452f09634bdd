"""Compares the closed forms of the gradients with central differences of the functions that they are derivatives of."""

import numpy as np

STEP = 1e-6


def check_gradients(cases):
    """Fails at the first gradient that isn't the derivative of its rule's `soft`."""
    random = np.random.default_rng(0)
    for case in cases:
        given = {name: np.array(value, float) for name, value in case.inputs.items()}
        for name in given.keys() & {'latents', 'a'}:
            # Off the ties and window edges, where there is no derivative.
            given[name] += random.uniform(1e-4, 1e-3, given[name].shape)
        result = case.run(**given)
        inputs = result.after | given
        g = inputs.get('g', 1.0)
        for name, gradient in result.gradients.items():
            base = inputs[name]
            assert gradient.shape == base.shape, f'{case.name}, {name}: {gradient.shape} for {base.shape}'
            scale, kinks = np.abs(gradient).max(), 0
            for i in np.ndindex(base.shape):
                left, right = _slopes(lambda x: (g * result.soft({**inputs, name: x})).sum(), base, i)
                if abs(left - right) > 1e-3 * scale:
                    kinks += 1
                    continue
                found, expected = gradient[i], (left + right) / 2
                is_close = abs(found - expected) <= 1e-4 * scale
                assert is_close, f'{case.name}: derivative to {name}{list(i)} is {found}, differences give {expected}'
            # Weights that the method itself puts on an edge, as XNOR-Net's clamp does.
            assert kinks <= 0.2 * base.size, f'{case.name}: {kinks} of {base.size} elements of {name} lie at kinks'
    print(f'{len(cases)} cases: gradients agree with central differences')


def _slopes(value, at, i):
    """The slopes to the left and to the right of element i."""
    lower, upper = at.copy(), at.copy()
    lower[i] -= STEP
    upper[i] += STEP
    middle = value(at)
    return (middle - value(lower)) / STEP, (value(upper) - middle) / STEP
