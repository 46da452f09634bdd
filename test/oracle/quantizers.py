"""The quantizers and extra losses of all methods, written a second time in NumPy from the papers and the authors' sources.

    python3 quantizers.py FOLDER
    python3 quantizers.py --self-test

The first writes to FOLDER cases.json, a list of what each case is, and for case number N the arrays N.npz:

    in.NAME        the inputs in float32: latents (O, I, k, k) or activations a (N, C, H, W), g, parameters and buffers of the method
    forward        the quantized tensor, or the loss
    gradient.NAME  the derivative of sum(g * forward), or of the loss, to an input
    after.NAME     an input as the method changes it in a step

all outputs in float64. The second compares the closed forms of the gradients with central differences.
"""

import json
import os
import sys

import numpy as np
from quantizer_cases import all_cases, update_cases
from quantizers_self_test import check_gradients


def write(folder):
    os.makedirs(folder, exist_ok=True)
    described = []
    for number, case in enumerate([*all_cases(), *update_cases()]):
        result = case.result()
        arrays = {f'in.{name}': value for name, value in case.inputs.items()}
        arrays |= {'forward': result.forward}
        arrays |= {f'gradient.{name}': value for name, value in result.gradients.items()}
        arrays |= {f'after.{name}': value for name, value in result.after.items()}
        np.savez(f'{folder}/{number}.npz', **arrays)
        described.append({**case.described(), 'file': f'{number}.npz', 'arrays': list(arrays)})
    with open(f'{folder}/cases.json', 'w') as file:
        json.dump(described, file, indent=1)


if __name__ == '__main__':
    if sys.argv[1] == '--self-test':
        check_gradients(list(all_cases()))
    else:
        write(sys.argv[1])
