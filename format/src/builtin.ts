/**
 * A module that comes with Node (and Deno and Bun), without an import that a bundler for browsers would stumble over; undefined elsewhere, and in
 * Node before 20.16 and 22.3.
 */
export function builtin<Module>(name: `node:${string}`): Module | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return process?.getBuiltinModule?.(name) as Module | undefined;
}
