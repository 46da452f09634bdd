import type * as Tfjs from '@tensorflow/tfjs';
import { requireEqual, requireSameAnswer } from '../check.js';
import type { MissingPeer, Peer } from './peer.js';
import { tfjsNetwork } from './tfjs-network.js';

const ID = 'tfjs-float32';
const TITLE = 'TensorFlow.js wasm float32';
const LAYER_TOLERANCE = 1e-4;
const NETWORK_TOLERANCE = 1e-3;

/** TensorFlow.js on its WebAssembly back end, which has one thread in Node. Inputs and outputs stay in its memory: nothing is copied. */
export async function tfjsPeer(): Promise<Peer | MissingPeer> {
  let tf: typeof Tfjs;
  try {
    tf = await import('@tensorflow/tfjs');
    const { setThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
    setThreadsCount(1);
    if (!(await tf.setBackend('wasm'))) throw new Error('its WebAssembly module does not start');
    await tf.ready();
  } catch (error) {
    const details = (error as Error).message;
    return { id: ID, title: TITLE, reason: '@tensorflow/tfjs and its wasm back end do not start here', details };
  }
  return {
    id: ID,
    title: TITLE,
    version: tf.version_core,
    layer: async ({ shape, input, weights, expected }) => {
      const { height, width, inChannels, outChannels, kernel, stride, pad, groups } = shape;
      if (groups > 1) return 'tf.conv2d has no groups';
      const image = tf.tensor4d(input, [1, height, width, inChannels]);
      const filters = tf.tidy(() => {
        const ours = tf.tensor4d(weights, [outChannels, kernel, kernel, inChannels]);
        return ours.transpose([1, 2, 3, 0]) as Tfjs.Tensor4D;
      });
      const convolve = (): Tfjs.Tensor => tf.conv2d(image, filters, stride, pad);
      const output = convolve();
      requireEqual(TITLE, await output.data(), expected, shape.activations === 'bits' ? 0 : LAYER_TOLERANCE);
      output.dispose();
      return { work: { run: () => convolve().dispose() }, release: () => tf.dispose([image, filters]) };
    },
    network: async ({ model, input, expected }) => {
      const { run, release } = tfjsNetwork(tf, model.graph, input);
      const output = run();
      requireSameAnswer(TITLE, await output.data(), expected, NETWORK_TOLERANCE);
      output.dispose();
      return { work: { run: () => run().dispose() }, release };
    },
  };
}
