import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A way of finding a Vulkan driver: what the loader and the dynamic linker are told. */
export interface DriverChoice {
  readonly what: string;
  readonly env: Readonly<Record<string, string>>;
}

const MANIFEST_FOLDERS = [
  '/etc/vulkan/icd.d',
  '/usr/share/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  '/usr/local/nvidia/share/vulkan/icd.d',
  '/usr/local/nvidia/vulkan/icd.d',
  '/usr/share/glvnd/icd.d',
];
const MANIFEST_NAMES = ['nvidia_icd.json', 'nvidia_icd.x86_64.json'];
const LIBRARY_FOLDERS = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu/nvidia/current',
  '/usr/lib64',
  '/usr/lib',
  '/lib64',
  '/usr/local/nvidia/lib64',
  '/usr/local/nvidia/lib',
  '/usr/local/lib',
  '/usr/lib/wsl/lib',
];
/** Both are the driver. The second needs no library of X11, which a machine without a screen may lack. */
const DRIVER_LIBRARIES = ['libGLX_nvidia.so.0', 'libEGL_nvidia.so.0'];
const COMPUTE_LIBRARY = 'libcuda.so.1';

/**
 * Ways of finding a driver on this machine, in the order in which they are worth trying.
 *
 * @param work gets descriptions of drivers that have none.
 * @param root of the file system; tests have one of their own.
 */
export function driverChoices(env: NodeJS.ProcessEnv, work: string, root = ''): DriverChoice[] {
  const named = env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES;
  if (named) return [{ what: `the environment names ${named}`, env: {} }];
  const folders = libraryFolders(env, root);
  const libraryPath = folders.length > 0 ? { LD_LIBRARY_PATH: folders.join(':') } : {};
  const manifests = MANIFEST_FOLDERS.flatMap((folder) => MANIFEST_NAMES.map((name) => join(root, folder, name))).filter(
    (path) => existsSync(path),
  );
  const libraries = DRIVER_LIBRARIES.flatMap((name) => {
    const folder = folders.find((it) => existsSync(join(it, name)));
    return folder === undefined ? [] : [join(folder, name)];
  });
  return [
    ...manifests.map((path) => ({ what: path, env: { ...libraryPath, VK_DRIVER_FILES: path } })),
    ...libraries.map((path, i) => {
      const description = join(work, `icd-${i}.json`);
      mkdirSync(dirname(description), { recursive: true });
      writeFileSync(description, describe(path));
      return { what: `${path}, described by the check`, env: { ...libraryPath, VK_DRIVER_FILES: description } };
    }),
    { what: 'whatever the Vulkan loader finds', env: {} },
  ];
}

/** What a machine without an adapter lacks, and what to do about it. */
export function whatIsMissing(env: NodeJS.ProcessEnv, root = ''): string {
  const folders = [...libraryFolders(env, root), ...libraryFolders({}, root, [COMPUTE_LIBRARY])];
  const has = (name: string): boolean => folders.some((folder) => existsSync(join(folder, name)));
  const device = existsSync(join(root, '/dev/nvidiactl'))
    ? ''
    : 'There is no /dev/nvidiactl: no NVIDIA GPU is visible. ';
  if (DRIVER_LIBRARIES.some(has)) {
    return `${device}The driver's Vulkan library is there, but gives no adapter: see the messages of the Vulkan loader above.`;
  }
  const half = has(COMPUTE_LIBRARY)
    ? `Of the NVIDIA driver, CUDA (${COMPUTE_LIBRARY}) is there and Vulkan (${DRIVER_LIBRARIES.join(' or ')}) is not. In a container, start it with NVIDIA_DRIVER_CAPABILITIES=all`
    : `The NVIDIA driver is missing: no ${DRIVER_LIBRARIES.join(' or ')} in ${LIBRARY_FOLDERS.join(', ')}. Install it`;
  return `${device}${half}; if the library is elsewhere, name its folder in LD_LIBRARY_PATH.`;
}

function libraryFolders(env: NodeJS.ProcessEnv, root: string, names: readonly string[] = DRIVER_LIBRARIES): string[] {
  const given = (env.LD_LIBRARY_PATH ?? '').split(':').filter((it) => it !== '');
  const all = [...given, ...LIBRARY_FOLDERS.map((folder) => join(root, folder))];
  return all.filter((folder) => names.some((name) => existsSync(join(folder, name))));
}

/** The loader's description of a driver. Its version is what the driver has at least; the driver says itself what it has. */
function describe(library: string): string {
  return `${JSON.stringify({ file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.3.0' } })}\n`;
}
