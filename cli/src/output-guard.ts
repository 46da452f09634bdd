import type { BigIntStats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SignwaveError } from '@signwave/format';

/** Paths, by what messages call them ("--labels", "the checkpoint"); undefined if not given. */
type NamedPaths = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a command will write, and what it reads. */
export interface Files {
  /** Files to write; they need not exist yet. */
  readonly outputs?: NamedPaths;
  /** Folders to fill; they need not exist yet. */
  readonly folders?: NamedPaths;
  readonly inputs?: NamedPaths;
  /** Data sets, as `FORMAT:FOLDER` or a folder; each file in them is an input. */
  readonly data?: NamedPaths;
}

/** Kinds of files that signwave writes and that no data set is made of: a report in the folder of the images may be overwritten. */
const WRITTEN = /\.(npy|html|json|sgnw|onnx)$/i;

/**
 * Checks that no output of a command is also one of its inputs or another output, under whatever name: another spelling, a link,
 * `/proc/self/fd/3`. Call it before anything is written, and before work that takes long.
 *
 * Files are identified by device and inode. That covers names that differ only in case, on file systems that ignore it.
 *
 * @throws {SignwaveError} `E_USAGE` naming both.
 */
export async function refuseOverwriting({ outputs = {}, folders = {}, inputs = {}, data = {} }: Files): Promise<void> {
  const places = [
    ...listOf(outputs).map((it) => placeOf(it, 'isFile')),
    ...listOf(folders).map((it) => placeOf(it, 'isFolder')),
  ];
  const written = (await Promise.all(places)).filter((it) => it !== undefined);
  refuseTwice(written);
  const existing = written.filter((it): it is ExistingPlace => it.status !== undefined);
  if (existing.length === 0) return;
  for (const { what, path } of listOf(inputs)) {
    const status = await statusOf(path);
    if (!status?.isFile()) continue;
    const same = existing.find((it) => idOf(it.status) === idOf(status));
    if (same) throw refusal(same, `is the same file as ${what} ${path}, which would be lost`);
    const around = await foldersAbove(path);
    const holder = existing.find((it) => around.has(idOf(it.status)));
    if (holder) throw refusal(holder, `is a folder that has ${what} ${path} in it`);
  }
  for (const { what, path } of listOf(data)) {
    const folder = await folderOf(path);
    if (!folder) continue;
    const same = existing.find((it) => idOf(it.status) === idOf(folder.status));
    if (same) throw refusal(same, `is the folder of ${what} ${path}`);
    const found = await findWithin(folder.path, new Outputs(existing), new Set());
    if (found) throw refusal(found, `is a file of ${what} ${path}, which would be lost`);
  }
}

interface NamedPath {
  readonly what: string;
  readonly path: string;
}

/** Where an output goes. */
interface Place extends NamedPath {
  /** Status of the file or folder that is there now, after following links. */
  readonly status: BigIntStats | undefined;
  /** Status of the folder that it really lies in; undefined if that doesn't exist. */
  readonly parent: BigIntStats | undefined;
}
type ExistingPlace = Place & { readonly status: BigIntStats };

function listOf(paths: NamedPaths): NamedPath[] {
  return Object.entries(paths).flatMap(([what, value]) =>
    (typeof value === 'string' ? [value] : (value ?? [])).map((path) => ({ what, path })),
  );
}

/** @returns undefined for what won't be destroyed: devices, pipes, and a folder where a file should be written, which will fail. */
async function placeOf({ what, path }: NamedPath, kind: 'isFile' | 'isFolder'): Promise<Place | undefined> {
  const status = await statusOf(path);
  if (status && !status.isFile() && !(kind === 'isFolder' && status.isDirectory())) return undefined;
  const real = status ? await realpath(path).catch(() => path) : path;
  const parent = await statusOf(dirname(resolve(real)));
  return { what, path, status, parent };
}

/** @returns undefined for what doesn't exist or can't be looked at: reading or writing it will say why. */
function statusOf(path: string): Promise<BigIntStats | undefined> {
  // As bigint, because on some file systems inodes have more than the 53 bits of a number.
  return stat(path, { bigint: true }).catch(() => undefined);
}

function idOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

function refuseTwice(places: readonly Place[]): void {
  const names = new Map<string, Place>();
  for (const place of places) {
    const other = names.get(nameOf(place));
    if (other)
      throw new SignwaveError('E_USAGE', `${other.what} and ${place.what} are one file, ${place.path}; name two`);
    const folder = places.find(
      ({ status }) => status?.isDirectory() && place.parent && idOf(status) === idOf(place.parent),
    );
    if (folder) throw refusal(place, `is in ${folder.what} ${folder.path}`);
    names.set(nameOf(place), place);
  }
}

/** A name that is equal for outputs that are the same file. */
function nameOf({ path, status, parent }: Place): string {
  if (status) return idOf(status);
  // A new file. Names that differ only in case may be the same file, and nobody needs both.
  return `${parent ? idOf(parent) : dirname(resolve(path))}/${basename(path).normalize().toLowerCase()}`;
}

/** Ids of all folders that a file lies in. */
async function foldersAbove(path: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  let folder = dirname(await realpath(path).catch(() => resolve(path)));
  for (;;) {
    const status = await statusOf(folder);
    if (status) ids.add(idOf(status));
    if (folder === dirname(folder)) return ids;
    folder = dirname(folder);
  }
}

/** The folder of a data set, given with or without a format before a colon. */
async function folderOf(spec: string): Promise<{ path: string; status: BigIntStats } | undefined> {
  for (const path of [spec, spec.slice(spec.indexOf(':') + 1)]) {
    const status = await statusOf(path);
    if (status?.isDirectory()) return { path, status };
  }
  return undefined;
}

/** The outputs to look for in a folder. */
class Outputs {
  readonly #byId: ReadonlyMap<string, ExistingPlace>;
  readonly #parents: ReadonlySet<string>;
  readonly #haveOtherNames: boolean;

  constructor(places: readonly ExistingPlace[]) {
    const files = places.filter(({ status }) => status.isFile());
    this.#byId = new Map(files.map((it) => [idOf(it.status), it]));
    this.#parents = new Set(files.flatMap(({ parent }) => (parent ? [idOf(parent)] : [])));
    this.#haveOtherNames = files.some(({ status }) => status.nlink > 1n);
  }

  /** Whether a plain file in this folder may be one of the outputs, so that ImageNet's million files needn't be looked at one by one. */
  mayBeIn(folder: BigIntStats): boolean {
    return this.#haveOtherNames || this.#parents.has(idOf(folder));
  }

  get(status: BigIntStats): ExistingPlace | undefined {
    return this.#byId.get(idOf(status));
  }
}

/** Finds the first output that is a file in or below a folder. @param seen ids of folders, because links may lead in a circle. */
async function findWithin(folder: string, outputs: Outputs, seen: Set<string>): Promise<ExistingPlace | undefined> {
  const status = await statusOf(folder);
  if (!status || seen.has(idOf(status))) return undefined;
  seen.add(idOf(status));
  const areLookedAt = outputs.mayBeIn(status);
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (WRITTEN.test(entry.name) || (entry.isFile() && !areLookedAt)) continue;
    const path = join(folder, entry.name);
    const found = entry.isDirectory() ? undefined : await statusOf(path);
    const isFolder = entry.isDirectory() || found?.isDirectory();
    const output = isFolder ? await findWithin(path, outputs, seen) : found && outputs.get(found);
    if (output) return output;
  }
  return undefined;
}

function refusal({ what, path }: NamedPath, why: string): SignwaveError {
  return new SignwaveError('E_USAGE', `${what} ${path} ${why}; name another output`);
}
