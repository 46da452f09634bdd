import { SignwaveError } from '@signwave/format';
import { type InferenceFacts, verifySameFacts } from '../checkpoint/inference-facts.js';
import { readCheckpointFile } from '../checkpoint/output-folder.js';
import { type LoadedCheckpoint, readCheckpoint, restoreNetwork } from '../checkpoint/training-state.js';
import type { TrainConfig } from '../config/parse-config.js';
import type { TrainingData } from '../data/open-data.js';
import { outputScaleOf } from '../methods/biper-preset.js';
import { createNetwork, quantizersOf } from '../models/index.js';
import { seededRandom } from '../random.js';
import type { Network, TrainingBackend } from '../types.js';

/** What of a run decides about its networks. */
export interface NetworkPlace {
  readonly backend: TrainingBackend;
  readonly data: TrainingData;
  readonly facts: InferenceFacts;
}

/** The network of a config, with initial values. @returns it, and the random generator's state behind them. */
export function networkOf(
  architecture: string,
  config: Pick<
    TrainConfig,
    'seed' | 'omega0' | 'method' | 'methodOptions' | 'network' | 'quantizers' | 'recipe' | 'weightClip'
  >,
  { backend, data }: Pick<NetworkPlace, 'backend' | 'data'>,
): { network: Network; random: string } {
  const random = seededRandom(config.seed);
  const network = createNetwork(architecture, {
    backend,
    random,
    classes: data.classNames.length,
    omega0: config.omega0,
    method: config.method,
    methodOptions: config.methodOptions,
    style: config.network,
    weightClip: config.weightClip,
    ...config.quantizers,
    outputScale: outputScaleOf(config.recipe, config.quantizers.weights),
    input: { size: data.height === 32 ? 32 : 28, channels: data.channels },
  });
  return { network, random: random.state };
}

/**
 * A network that another run trained, with its own quantizers and scale.
 *
 * @param architecture by default the one that the checkpoint says it has.
 * @throws {SignwaveError} `E_RESUME` if it was trained on other classes or inputs than this run's, or isn't of that architecture; otherwise
 *   as `readCheckpoint`.
 */
export async function trainedNetwork(
  path: string,
  architecture: string | undefined,
  place: NetworkPlace,
): Promise<{ network: Network; checkpoint: LoadedCheckpoint }> {
  const checkpoint = readCheckpoint(await readCheckpointFile(path), path);
  const { config, stage } = checkpoint.state;
  verifySameFacts(path, checkpoint.facts, place.facts);
  const network = storedNetwork(path, architecture ?? config.architecture, config, place);
  restoreNetwork(place.backend.tf, network, checkpoint);
  network.stage = stage;
  return { network, checkpoint };
}

/** @throws {SignwaveError} `E_RESUME` if the parts of a stored config don't fit each other. */
function storedNetwork(path: string, architecture: string, config: TrainConfig, place: NetworkPlace): Network {
  try {
    return networkOf(architecture, config, place).network;
  } catch (cause) {
    if (cause instanceof SignwaveError) throw cause;
    const reason = (cause as Error).message;
    throw new SignwaveError('E_RESUME', `the config in ${path} describes no network: ${reason}`, { cause });
  }
}

/** Frequency of the wave of a config's weights; undefined for weights that have none. */
export function waveOf({ architecture, quantizers, omega0 }: TrainConfig): number | undefined {
  return quantizersOf(architecture, quantizers).weights === 'biper' ? omega0 : undefined;
}
