import { straightThrough } from '../quantizers/estimator.js';
import { signOrPlus } from '../quantizers/sign.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor4D } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/**
 * Binarized Neural Networks (Courbariaux, Hubara, Soudry, El-Yaniv, Bengio 2016, arXiv:1602.02830) as the authors' code trains them
 * (MatthieuCourbariaux/BinaryNet, Train-time/binary_net.py: `binarization`, `clipping_scaling`; itayhubara/BinaryNet,
 * Models/BinarySpatialConvolution.lua; itayhubara/BinaryNet.pytorch):
 *
 *   wq = sign(w), sign(0) = +1;   dL/dw = dL/dwq
 *   after every step   w <- clip(w, -1, 1)
 *
 * The paper's equation 4 has a window instead, which the clip makes up for. The head of the PyTorch version has lost the clip.
 */
const weights: MakeWeightQuantizer = (tf, _, { weight, afterStep }) => {
  afterStep(() => weight.assign(tf.clipByValue(weight, -1, 1)));
  return straightThrough(tf, (w: Tensor4D) => signOrPlus(tf, w));
};

/** aq = sign(a), sign(0) = +1;   dL/da = dL/daq. The window is that of the hardtanh which stands before every binary layer. */
const activations: MakeActivationQuantizer = (tf) => straightThrough(tf, (a: Tensor4D) => signOrPlus(tf, a));

/**
 * Epochs of the PyTorch version's VGG. Its default is 2500, but from epoch 140 on the learning rate stays what it is, so that more would
 * hardly change the network; and shares of 2500 would leave a shorter run without any but the last rate.
 */
const EPOCHS = 200;
const RATES = [
  { epoch: 40, rate: 1e-3 },
  { epoch: 80, rate: 5e-4 },
  { epoch: 100, rate: 1e-4 },
  { epoch: 120, rate: 5e-5 },
  { epoch: 140, rate: 1e-5 },
];
const FIRST_RATE = 5e-3;

export const bnn: Method = {
  title: 'BNN (Courbariaux et al., 2016)',
  evidence: 'code',
  source: 'github.com/itayhubara/BinaryNet.pytorch at 80f6d46',
  weights,
  activations,
  scale: 'none',
  // The networks are those of the tables, whose first and last layers are floats. The bias of the authors' layers is left out: a batch norm
  // follows, which subtracts it again.
  style: () => ({ nonlinearity: 'hardtanh', stem: 'norm-act', normScale: 1 }),
  preset: () =>
    oneStage(256, {
      epochs: EPOCHS,
      optimizer: 'adam',
      learningRate: FIRST_RATE,
      schedule: {
        type: 'steps',
        at: RATES.map(({ epoch }) => epoch / EPOCHS),
        factor: RATES.map(({ rate }, i) => rate / (RATES[i - 1]?.rate ?? FIRST_RATE)),
      },
    }),
};
