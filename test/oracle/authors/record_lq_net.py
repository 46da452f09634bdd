"""
Records three steps of a network with LQ-Net's quantized convolution, which is made for TensorFlow 1 and tensorpack.

    python3 record_lq_net.py SOURCES

in an environment with TensorFlow 2. The graph is theirs: the convolution, its levels and the moving averages. `tensorflow.contrib` and
tensorpack, which no current TensorFlow has, are stood in for by the few names that the file imports. SOURCES and lq-net.npz are like
record.py's; basis is `CONV.basis`, (1, O).
"""

import sys
import types
from pathlib import Path

import numpy as np
import tensorflow as tf2

tf = tf2.compat.v1
tf.disable_eager_execution()

STEPS, CLASSES, WIDTHS = 3, 4, (4, 8)
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.1, 0.9, 1e-4
LEAST_MARGIN = 2e-5


def stand_ins():
    """Modules by their names."""

    def layer_register(**_):
        def decorate(function):
            def layer(name, *inputs, **options):
                with tf.variable_scope(name):
                    return function(*inputs, **options)

            return layer

        return decorate

    def module(name, **contents):
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(contents)

    from tensorflow.python.training import moving_averages

    tower = types.SimpleNamespace(is_main_training_tower=True)
    sys.modules['tensorflow'] = tf
    module('tensorflow.contrib')
    module('tensorflow.contrib.framework', add_model_variable=lambda variable: None)
    module('tensorflow.python')
    module('tensorflow.python.training', moving_averages=moving_averages)
    module('tensorpack')
    module('tensorpack.models', layer_register=layer_register, VariableHolder=types.SimpleNamespace)
    module('tensorpack.tfutils')
    module('tensorpack.tfutils.tower', get_current_tower_context=lambda: tower)


class Network:
    """A float convolution and two of theirs, each followed by batch norm and relu; the mean; a linear layer."""

    def __init__(self, source, images, labels, parameters):
        tf.reset_default_graph()
        self.variables = {name: tf.get_variable(name.replace('.', '_'), initializer=value) for name, value in parameters.items()}
        self.relus = []
        quantizer = source.QuantizedWeight
        weights = self.variables
        x = self.block(tf.constant(images.transpose(0, 2, 3, 1)), weights['conv0.weight'], 'bn0')
        for i, outputs in ((1, WIDTHS[0]), (2, WIDTHS[1])):
            x = self.block(x, quantizer(f'conv{i}', weights[f'conv{i}.weight'], 9 * outputs, nbit=1), f'bn{i}')
        logits = tf.reduce_mean(x, (1, 2)) @ tf.transpose(weights['fc.weight']) + weights['fc.bias']
        self.loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=labels))
        self.gradients = dict(zip(weights, tf.gradients(self.loss, list(weights.values()))))
        self.updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
        self.bases = {variable.op.name.replace('/', '.'): variable for variable in tf.global_variables() if variable.op.name.endswith('basis')}

    def block(self, x, filters, norm):
        y = tf.nn.conv2d(x, filters, [1, 1, 1, 1], 'SAME')
        mean, variance = tf.nn.moments(y, (0, 1, 2))
        scale, offset = (self.variables[f'{norm}.{part}'] for part in ('weight', 'bias'))
        self.relus.append((y - mean) * tf.math.rsqrt(variance + 1e-5) * scale + offset)
        return tf.nn.relu(self.relus[-1])


def start(seed):
    random = np.random.default_rng(seed)

    def normal(deviation, *shape):
        return (deviation * random.standard_normal(shape)).astype(np.float32)

    parameters = {}
    for i, (inputs, outputs) in enumerate(((3, WIDTHS[0]), (WIDTHS[0], WIDTHS[0]), WIDTHS)):
        # (kh, kw, I, O)
        parameters[f'conv{i}.weight'] = normal(np.sqrt(2 / (9 * inputs)), 3, 3, inputs, outputs)
        parameters[f'bn{i}.weight'] = random.uniform(0.6, 1.4, outputs).astype(np.float32)
        parameters[f'bn{i}.bias'] = normal(0.1, outputs)
    parameters['fc.weight'] = normal(np.sqrt(1 / WIDTHS[1]), CLASSES, WIDTHS[1])
    parameters['fc.bias'] = normal(0.1, CLASSES)
    return parameters, normal(1, 8, 3, 8, 8), np.arange(8) % CLASSES


def torch_order(name, value):
    """Filters as (O, I, kh, kw)."""
    return value.transpose(3, 2, 0, 1) if value.ndim == 4 else value


def run(source, seed):
    """@returns arrays, and the least distance of a weight or of a relu's input from 0."""
    parameters, images, labels = start(seed)
    network = Network(source, images, labels, parameters)
    arrays = {'images': images, 'labels': labels}
    least = float('inf')
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())

        def state(prefix):
            kept = session.run({**network.variables, **network.bases})
            arrays.update({f'{prefix}/{name}': torch_order(name, value) for name, value in kept.items()})
            return kept

        state('initial')
        velocities = {name: np.zeros_like(value) for name, value in parameters.items()}
        for step in range(1, STEPS + 1):
            # In one run, as tensorpack does it.
            loss, gradients, relus, _ = session.run([network.loss, network.gradients, network.relus, network.updates])
            arrays[f'step{step}/loss'] = loss
            values = session.run(network.variables)
            watched = [*relus, values['conv1.weight'], values['conv2.weight']]
            least = min(least, *(np.abs(value).min() for value in watched))
            for name, gradient in gradients.items():
                arrays[f'step{step}/gradient/{name}'] = torch_order(name, gradient)
                velocities[name] = MOMENTUM * velocities[name] + gradient + np.float32(WEIGHT_DECAY) * values[name]
                network.variables[name].load(values[name] - np.float32(LEARNING_RATE) * velocities[name], session)
            arrays.update({f'step{step}/{name}': session.run(variable) for name, variable in network.bases.items()})
        state('after')
    return arrays, least


if __name__ == '__main__':
    stand_ins()
    sys.path.insert(0, str(Path(sys.argv[1]) / 'LQ-Nets'))
    import learned_quantization

    seed, least = 0, 0
    while least < LEAST_MARGIN:
        seed += 1
        arrays, least = run(learned_quantization, seed)
    file = Path(__file__).with_name('lq-net.npz')
    np.savez_compressed(file, **arrays)
    print(f'lq-net: seed {seed}, least margin {least:.1e}, {file.stat().st_size} bytes')
    for step in range(1, STEPS + 1):
        print(arrays[f'step{step}/loss'], arrays[f'step{step}/conv1.basis'])
