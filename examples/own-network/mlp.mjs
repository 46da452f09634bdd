// Three layers on 32 x 32 colour images; the one in the middle is binary, weights and activations.
export default {
  name: 'mlp',
  preprocess: 'cifar10',
  classifier: 'fc3',
  build(g) {
    let x = g.flatten(g.image(32, 32, 3));
    x = g.batchNorm(g.floatLinear(x, 'fc1', 64), 'bn1');
    x = g.binaryLinear(x, 'fc2', 64, { weights: 'sign' });
    x = g.hardtanh(g.batchNorm(x, 'bn2'));
    g.floatLinear(x, 'fc3', g.classes);
  },
};
