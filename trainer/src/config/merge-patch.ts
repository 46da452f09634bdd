import { isJsonObject, type JsonObject } from './commented-json.js';

/** `patch` laid over `target`, as JSON Merge Patch (RFC 7396) does it: objects key by key, null removes a key, all else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

/** A copy of `target` in which the value that `keys` lead to is replaced, or left out if it is null. Objects on the way are made. */
export function withValueAt(target: JsonObject, keys: readonly string[], value: unknown): JsonObject {
  const [key = '', ...rest] = keys;
  const entries = new Map(Object.entries(target));
  const inner = entries.get(key);
  const placed = rest.length === 0 ? value : withValueAt(isJsonObject(inner) ? inner : {}, rest, value);
  if (placed === null) entries.delete(key);
  else entries.set(key, placed);
  return Object.fromEntries(entries);
}
