// The compilers and CPUs for which conformance/scripts/check-c.mjs builds exported C.

/** The Debian packages that the targets need. */
export const C_DEBIAN_PACKAGES = [
  'make',
  'gcc',
  'clang',
  'libc6-dev',
  'gcc-aarch64-linux-gnu',
  'libc6-dev-arm64-cross',
  'gcc-arm-linux-gnueabihf',
  'libc6-dev-armhf-cross',
  'qemu-user',
];

const ARM64 = ['qemu-aarch64', '-cpu', 'cortex-a53'];
const ARM32 = ['qemu-arm', '-cpu', 'cortex-a7'];

/**
 * `cflags` replace those of the Makefile.
 *
 * @typedef {{ readonly id: string, readonly name: string, readonly cc: string, readonly cflags?: string, readonly emulator?: readonly string[] }} Target
 */

/** @type {readonly Target[]} */
export const C_TARGETS = [
  { id: 'gcc', name: 'gcc for x86-64', cc: 'gcc' },
  { id: 'clang', name: 'clang for x86-64', cc: 'clang' },
  // With these options a product and a sum would be rounded only once if exact.h didn't forbid it.
  {
    id: 'gcc-fused',
    name: 'gcc for the newest x86-64 of here, with fused multiplications wherever it may',
    cc: 'gcc',
    cflags: '-std=gnu11 -O3 -march=native -ffp-contract=fast',
  },
  { id: 'gcc-plain', name: 'gcc for x86-64, vectors in plain C', cc: 'gcc', cflags: '-O2 -DSIGNWAVE_PLAIN_VECTORS' },
  { id: 'gcc-arm64', name: 'gcc for ARM64', cc: 'aarch64-linux-gnu-gcc', emulator: ARM64 },
  { id: 'clang-arm64', name: 'clang for ARM64', cc: 'clang --target=aarch64-linux-gnu', emulator: ARM64 },
  { id: 'gcc-arm32', name: 'gcc for ARM32', cc: 'arm-linux-gnueabihf-gcc', emulator: ARM32 },
  {
    id: 'gcc-arm32-plain',
    name: 'gcc for ARM32 without NEON',
    cc: 'arm-linux-gnueabihf-gcc',
    cflags: '-O2 -mfpu=vfpv3-d16',
    emulator: ARM32,
  },
  { id: 'clang-arm32', name: 'clang for ARM32', cc: 'clang --target=arm-linux-gnueabihf', emulator: ARM32 },
];
