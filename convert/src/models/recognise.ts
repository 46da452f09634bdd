import { SignwaveError } from '@signwave/format';
import type { Checkpoint } from '../checkpoints/index.js';
import { ARCHITECTURES, type Architecture, expectedTensors } from './architecture.js';
import type { ExpectedTensor, TorchShape } from './state.js';

/** How a checkpoint compares with an architecture. */
export interface Match {
  readonly architecture: Architecture;
  readonly classes: number;
  readonly expected: ReadonlyMap<string, ExpectedTensor>;
  /** Tensors that are there with the right shape. */
  readonly matching: number;
  /** The first tensor that differs, in words; undefined if none does. */
  readonly difference: string | undefined;
}

/**
 * Compare a checkpoint with an architecture, tensor by tensor, in the order of the network.
 */
export function compare(checkpoint: Checkpoint, architecture: Architecture): Match {
  const classes = checkpoint.tensors.get(`${architecture.classifier}.weight`)?.shape[0] ?? 10;
  const expected = expectedTensors(architecture, classes);
  let matching = 0;
  let difference: string | undefined;
  for (const [name, { shapes, isOptional }] of expected) {
    const found = checkpoint.tensors.get(name);
    const wanted = shapes.map((shape) => `(${shape.join(', ')})`).join(' or ');
    if (found && shapes.some((shape) => sameShape(found.shape, shape))) matching++;
    else if (found) difference ??= `"${name}" is (${found.shape.join(', ')}), expected ${wanted}`;
    else if (!isOptional) difference ??= `"${name}" ${wanted} is missing`;
  }
  for (const name of checkpoint.tensors.keys()) {
    if (!expected.has(name)) difference ??= `"${name}" is there, which ${architecture.name} doesn't have`;
  }
  return { architecture, classes, expected, matching, difference };
}

/**
 * Find out which network a checkpoint holds.
 *
 * @param name of an architecture to take it for; default: the one whose tensors it has.
 * @throws {SignwaveError} `E_CHECKPOINT_ARCH` with the first tensor that differs from the nearest architecture; `E_USAGE` for an unknown name.
 */
export function recognise(checkpoint: Checkpoint, name?: string): Match {
  const candidates =
    name === undefined ? ARCHITECTURES : ARCHITECTURES.filter((architecture) => architecture.name === name);
  const known = [...new Set(ARCHITECTURES.map((architecture) => architecture.name))].join(', ');
  if (candidates.length === 0)
    throw new SignwaveError('E_USAGE', `no architecture is called "${name}"; known: ${known}`);
  const matches = candidates.map((architecture) => compare(checkpoint, architecture));
  const exact = matches.find((match) => match.difference === undefined);
  if (exact) return sureOf(exact, checkpoint, name);
  const nearest = matches.reduce((a, b) => (b.matching > a.matching ? b : a));
  const { architecture, matching, expected, difference } = nearest;
  throw new SignwaveError(
    'E_CHECKPOINT_ARCH',
    `${checkpoint.sourceName}: ${matching} of the ${expected.size} tensors of ${architecture.method}'s ${architecture.name} match, but ${difference}. ` +
      `The checkpoint is of another network; this version converts: ${known}.`,
  );
}

/** @throws {SignwaveError} `E_CHECKPOINT_ARCH` if another network has the same tensors and nobody says which it is. */
function sureOf(match: Match, checkpoint: Checkpoint, name: string | undefined): Match {
  const { architecture } = match;
  const said = name ?? checkpoint.metadata.get('model');
  if (architecture.sharesTensors === undefined || said === architecture.name) return match;
  throw new SignwaveError(
    'E_CHECKPOINT_ARCH',
    `${checkpoint.sourceName}: its tensors are those of ${architecture.method}'s ${architecture.name}, and of ${architecture.sharesTensors} as well, ` +
      `and it doesn't say which it is (model: ${said ?? 'absent'}). If you know that it is the first: --arch ${architecture.name}`,
  );
}

function sameShape(a: TorchShape, b: TorchShape): boolean {
  return a.length === b.length && a.every((side, i) => side === b[i]);
}
