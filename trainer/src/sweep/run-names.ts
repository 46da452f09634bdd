import { createHash } from 'node:crypto';

/** Characters of the longest name: no file system has less for a folder, and paths have room for a file below it. */
const MAX_CHARACTERS = 120;
const HASH_CHARACTERS = 8;
/** Names that Windows keeps for devices, whatever follows behind a dot. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** What one run of a sweep sets: a patch by its name, and values of the grid by their keys. */
export interface RunSettings {
  readonly patch?: string | undefined;
  readonly grid: Readonly<Record<string, unknown>>;
}

/**
 * A name for each run that is also one of a folder on every system: `adam,omega0=20,seed=1`. Where that can't tell the whole settings (a long
 * one, a path, one that another run has, if only in other capitals), the beginning of their SHA-256 follows. A run keeps its name when others
 * are added that have another one.
 */
export function runNames(runs: readonly RunSettings[]): string[] {
  const plain = runs.map(plainName);
  const uses = new Map<string, number>();
  for (const { name } of plain) uses.set(folded(name), (uses.get(folded(name)) ?? 0) + 1);
  return plain.map(({ name, isWhole }, i) => {
    if (isWhole && uses.get(folded(name)) === 1) return name;
    return `${name.slice(0, MAX_CHARACTERS - HASH_CHARACTERS - 1)}-${hashOf(runs[i]!)}`;
  });
}

/** Equal for names that are one folder where capitals don't count. */
const folded = (name: string): string => name.toLowerCase();

function plainName({ patch, grid }: RunSettings): { name: string; isWhole: boolean } {
  const labels = Object.entries(grid).map(([key, value]) => {
    const [safeKey, label] = [safeLabel(key), valueLabel(value)];
    return { name: `${safeKey.name}=${label.name}`, isWhole: safeKey.isWhole && label.isWhole };
  });
  const name = [...(patch === undefined ? [] : [patch]), ...labels.map((it) => it.name)].join(',');
  return { name, isWhole: isFolderName(name) && labels.every(({ isWhole }) => isWhole) };
}

/** Whether a folder can have this name on every system. */
export function isFolderName(name: string): boolean {
  return name.length <= MAX_CHARACTERS && /^[\w.,+=-]*[\w,+=-]$/.test(name) && !DEVICE.test(name);
}

function valueLabel(value: unknown): { name: string; isWhole: boolean } {
  if (typeof value === 'string') return safeLabel(value);
  const text = JSON.stringify(value);
  // Of a list or an object what stands in it, and no brackets and quotes.
  return typeof value === 'object' && value !== null ? safeLabel(text.replace(/[{}[\]"]/g, '')) : safeLabel(text);
}

function safeLabel(text: string): { name: string; isWhole: boolean } {
  const name = text.replace(/[^A-Za-z0-9._+-]+/g, '-');
  return { name, isWhole: name === text };
}

function hashOf({ patch, grid }: RunSettings): string {
  const settings = JSON.stringify([patch ?? null, Object.entries(grid)]);
  return createHash('sha256').update(settings).digest('hex').slice(0, HASH_CHARACTERS);
}
