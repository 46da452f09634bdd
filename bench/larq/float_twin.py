"""A network of larq's in float32, for TensorFlow Lite with XNNPACK."""

import larq
import tensorflow as tf

# Takes every float that a network has beyond 1 or below -1, where a clip makes it a sign, and none to infinity.
STEEP = 1e30


def float_tflite(network):
    """The network as a file of TensorFlow Lite without operators of larq's. The network can't be used for anything else after that.

    Weights are quantized here, so that none are in the file. TensorFlow Lite's SIGN isn't one of XNNPACK's operators, and would be run between
    pieces of the network: a product and a clip, which are, take its place. Pads of +1 are pads of 0 in front of a sign that takes 0 to +1.
    """
    for layer in network.layers:
        if getattr(layer, "input_quantizer", None) is not None:
            if getattr(layer, "_is_native_padding", True):
                layer.input_quantizer = sign
            else:
                layer.input_quantizer = sign_of_padded(layer)
                layer._is_native_padding = True
                layer.padding = "valid"
        kernel = getattr(layer, "kernel", None)
        if isinstance(kernel, larq.quantized_variable.QuantizedVariable):
            with larq.context.quantized_scope(True):
                values = tf.convert_to_tensor(kernel).numpy()
            kernel.latent_variable.assign(values)
            kernel.quantizer = None
    # Not from_keras_model, which writes and reads all layers as they are in training first, and takes minutes.
    infer = tf.function(lambda x: network(x, training=False))
    function = infer.get_concrete_function(tf.TensorSpec([1, *network.input_shape[1:]], tf.float32))
    return tf.lite.TFLiteConverter.from_concrete_functions([function], network).convert()


def sign(x):
    return tf.clip_by_value(x * STEEP, -1, 1)


def sign_of_padded(layer):
    if float(layer.pad_values) != 1:
        raise ValueError(f"{layer.name} has pads of {layer.pad_values}")

    def padded(x):
        return tf.clip_by_value(tf.pad(x, layer._get_padding_same(x)) * STEEP + 1, -1, 1)

    return padded
