/**
 * Gets a built-in module of Node (or Deno or Bun) without an import that bundlers for browsers would stumble over. Gives undefined
 * elsewhere, and in Node before 20.16 and 22.3.
 */
export function builtin<Module>(name: `node:${string}`): Module | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return process?.getBuiltinModule?.(name) as Module | undefined;
}
