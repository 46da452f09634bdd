import type * as Tfjs from '@tensorflow/tfjs';
import { requireEqual, requireSameAnswer } from '../check.js';
import type { MissingPeer, Peer } from './peer.js';
import { tfjsNetwork } from './tfjs-network.js';
import { tfjsUnits } from './tfjs-units.js';

const ID = 'tfjs-float32';
const TITLE = 'TensorFlow.js wasm float32';
const LAYER_TOLERANCE = 1e-4;
const NETWORK_TOLERANCE = 1e-3;

/** TensorFlow.js on its WebAssembly back end, which has one thread in Node. */
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
    layers: async (network) => {
      const { activations } = network.units[0]!.shape;
      if (network.units.some(({ shape }) => shape.groups > 1)) return 'tf.conv2d has no groups';
      const twin = tfjsUnits(tf, network);
      requireEqual(TITLE, twin.run(), network.expected, activations === 'bits' ? 0 : LAYER_TOLERANCE);
      return { work: { run: () => void twin.run() }, release: () => twin.release() };
    },
    network: async ({ model, input, expected }) => {
      const twin = tfjsNetwork(tf, model.graph, input);
      requireSameAnswer(TITLE, twin.run(), expected, NETWORK_TOLERANCE);
      return { work: { run: () => void twin.run() }, release: () => twin.release() };
    },
  };
}
