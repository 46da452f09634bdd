// Gives package-lock.json an entry for every build of a native package, including those for other systems. npm omits builds that its
// registry doesn't serve, and `npm ci` then refuses the file everywhere. An entry added here has no checksum; npm uses it only on the
// system that it is for. Run this after each change of dependencies; a test fails otherwise.
//
//   node scripts/complete-lock.mjs [LOCK_FILE]
import { readFileSync, writeFileSync } from 'node:fs';

const LOCK = process.argv[2] ?? new URL('../package-lock.json', import.meta.url);
const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPUS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** @type {{ packages: Record<string, { dev?: boolean, optionalDependencies?: Record<string, string> }> }} */
const lock = JSON.parse(readFileSync(LOCK, 'utf8'));
for (const { dev, optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const isThere = Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`));
    if (!isThere) lock.packages[`node_modules/${name}`] = entryOf(name, version, dev);
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
writeFileSync(LOCK, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);

/**
 * Derives the entry from the package's name, which says the system: `@rollup/rollup-linux-x64-musl`.
 *
 * @param {string} name
 * @param {string} version
 * @param {boolean | undefined} dev
 */
function entryOf(name, version, dev) {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => SYSTEMS.includes(word));
  const cpu = words.filter((word) => CPUS.includes(word));
  if (os.length !== 1 || cpu.length !== 1) throw new Error(`${name}: which system is it for?`);
  const musl = words.some((word) => word.startsWith('musl'));
  const glibc = words.some((word) => word.startsWith('gnu')) && os[0] === 'linux';
  return {
    version,
    cpu,
    ...(dev && { dev }),
    ...((musl || glibc) && { libc: [musl ? 'musl' : 'glibc'] }),
    optional: true,
    os,
  };
}
