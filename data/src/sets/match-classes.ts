import { SignwaveError } from '@signwave/format';
import type { Remark } from './image-set.js';

/** The classes of the model for which a data set is opened. */
export interface ModelClasses {
  readonly count: number;
  /** In class order; absent if the model has no names. */
  readonly labels?: readonly string[] | undefined;
}

/** Which of a model's classes each class folder is. */
export interface ClassMatch {
  /** Class index of each folder; undefined if the folder is none of the model's classes. */
  readonly indices: readonly (number | undefined)[];
  readonly remarks: readonly Remark[];
}

const SHOWN = 5;

/** Compares strings as Python does, by code point; JavaScript itself compares UTF-16 units. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Moves surrogates, the halves of code points above 0xffff, behind all units that are code points themselves. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** "cat, dog and 3 more" */
export function listNames(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return more > 0 ? `${names.slice(0, SHOWN).join(', ')} and ${more} more` : names.join(', ');
}

/** Whether folder names are all numbers that aren't in numerical order when sorted by characters: 0, 1, 10, 2. */
export function areNumbersOutOfOrder(sorted: readonly string[]): boolean {
  return areNumbers(sorted) && sorted.some((name, i) => i > 0 && Number(name) < Number(sorted[i - 1]));
}

/**
 * Decide which class each class folder is. The model's names decide: equal ones first, then those that differ only in capitals, blanks,
 * underscores, hyphens or leading zeros. For a model without names the order is that of torchvision's `ImageFolder`.
 *
 * @param where   name of the data set in messages.
 * @param folders names of the class folders, sorted by code point.
 * @throws {SignwaveError} `E_DATA` if no name is one of the model's, or the model has no names and the numbers of classes differ.
 */
export function matchClasses(where: string, folders: readonly string[], { count, labels }: ModelClasses): ClassMatch {
  return labels ? byName(where, folders, labels) : byOrder(where, folders, count);
}

function byName(where: string, folders: readonly string[], labels: readonly string[]): ClassMatch {
  const exact = folders.map((name) => findOnly(where, name, labels));
  const freeFolders = folders.filter((_, i) => exact[i] === undefined).map(looseKey);
  const freeLabels = labels.map((label, index) => (exact.includes(index) ? undefined : looseKey(label)));
  const indices = folders.map((folder, i) => {
    if (exact[i] !== undefined) return exact[i];
    const key = looseKey(folder);
    return isOnce(freeFolders, key) && isOnce(freeLabels, key) ? freeLabels.indexOf(key) : undefined;
  });
  if (indices.every((index) => index === undefined)) return byPosition(where, folders, labels);

  const remarks: Remark[] = [];
  const alike = folders.flatMap((folder, i) => {
    const label = indices[i] === undefined ? folder : labels[indices[i]]!;
    return label === folder ? [] : [`${folder} is ${label}`];
  });
  if (alike.length > 0) {
    remarks.push({ isWarning: false, text: `${where}: folders matched with the model's labels: ${listNames(alike)}` });
  }
  const missing = labels.filter((_, index) => !indices.includes(index));
  if (missing.length > 0) {
    remarks.push({
      isWarning: true,
      text: `${where} has no folder for ${missing.length} of the model's ${labels.length} classes: ${listNames(missing)}`,
    });
  }
  return { indices, remarks };
}

function isOnce<T>(list: readonly T[], item: T): boolean {
  const first = list.indexOf(item);
  return first >= 0 && !list.includes(item, first + 1);
}

function findOnly(where: string, name: string, labels: readonly string[]): number | undefined {
  const first = labels.indexOf(name);
  const next = labels.indexOf(name, first + 1);
  if (first < 0) return undefined;
  if (next < 0) return first;
  throw new SignwaveError(
    'E_DATA',
    `${where}: the model has two classes that are called ${name} (${first} and ${next}), so that its labels can't say which one the folder is; give it labels that differ (--labels)`,
  );
}

/** What remains of a name without capitals, blanks and leading zeros. */
function looseKey(name: string): string {
  const key = name.normalize('NFC').trim().toLowerCase();
  return /^\d+$/.test(key) ? String(BigInt(key)) : key.replace(/[\s_-]+/g, ' ');
}

/** For folders of which none has the name of a class. */
function byPosition(where: string, folders: readonly string[], labels: readonly string[]): ClassMatch {
  const both = `the folders are ${listNames(folders)}; the model's labels ${listNames(labels)}`;
  if (folders.length !== labels.length) {
    throw new SignwaveError(
      'E_DATA',
      `${where}: none of its ${folders.length} class folders has the name of one of the model's ${labels.length} classes: ${both}; rename the folders`,
    );
  }
  return {
    indices: folders.map((_, index) => index),
    remarks: [
      {
        isWarning: true,
        text: `${where}: no class folder has the name of a class, so they are taken in order, sorted by name: ${both}. If that is wrong, so are all figures: rename the folders`,
      },
    ],
  };
}

function byOrder(where: string, folders: readonly string[], count: number): ClassMatch {
  const remedy = 'give the names of the classes in order (--labels)';
  const found = `${where} has ${folders.length} class folders (${listNames(folders)}), the model ${count} classes and no names for them`;
  if (folders.length === count) {
    const text = `${where}: the model has no names for its classes, so folders are taken in the order of their characters, as torchvision does: ${listNames(folders)}; if it was trained in the order of the numbers, ${remedy}`;
    return {
      indices: folders.map((_, index) => index),
      remarks: areNumbersOutOfOrder(folders) ? [{ isWarning: true, text }] : [],
    };
  }
  if (folders.length < count && areNumbers(folders) && folders.every((name) => Number(name) < count)) {
    const text = `${found}; each folder is taken for the class of its number. If that is wrong, ${remedy}`;
    return { indices: folders.map(Number), remarks: [{ isWarning: true, text }] };
  }
  throw new SignwaveError('E_DATA', `${found}; which is which can't be told: ${remedy}`);
}

function areNumbers(names: readonly string[]): boolean {
  return names.every((name) => /^\d{1,9}$/.test(name));
}

/**
 * Decide which of a model's classes each class of a data set with a fixed order is: by name, if the model has all of its names, else by
 * number.
 *
 * @throws {SignwaveError} `E_DATA` if the model has fewer classes than the data set.
 */
export function matchFixedClasses(
  where: string,
  names: readonly string[],
  { count, labels }: ModelClasses,
): ClassMatch {
  const inOrder = names.map((_, index) => index);
  const labelKeys = labels?.map(looseKey) ?? [];
  const found = names.map((name) => {
    const key = looseKey(name);
    return isOnce(labelKeys, key) ? labelKeys.indexOf(key) : -1;
  });
  if (labels && found.every((index) => index >= 0) && new Set(found).size === names.length) {
    const isMoved = found.some((index, i) => index !== i);
    const text = `${where}: its classes are matched by name with the model's labels, which have another order`;
    return { indices: found, remarks: isMoved ? [{ isWarning: false, text }] : [] };
  }
  if (count < names.length) {
    throw new SignwaveError(
      'E_DATA',
      `${where} has ${names.length} classes (${listNames(names)}), but the model has ${count}: it's a model for other data`,
    );
  }
  if (!labels) {
    const text = `${where} has ${names.length} classes, the model ${count}; they are taken in order`;
    return { indices: inOrder, remarks: count > names.length ? [{ isWarning: true, text }] : [] };
  }
  const contradicts = found.some((index, i) => index >= 0 && index !== i);
  const text = `${where}: classes are taken in order, since the model's labels are other names: ${listNames(names)}; the labels are ${listNames(labels)}`;
  return { indices: inOrder, remarks: [{ isWarning: contradicts || count !== names.length, text }] };
}
