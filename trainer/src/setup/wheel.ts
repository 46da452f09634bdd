/** The TensorFlow version whose wheel supplies the C library; the prototypes were measured with it. */
export const TENSORFLOW_VERSION = '2.21.0';

/** Python versions that it has wheels for. */
export const PYTHON_VERSIONS: readonly string[] = ['3.10', '3.11', '3.12', '3.13'];

export type Device = 'cpu' | 'gpu';

export interface Wheel {
  /** Arguments of `pip install`. */
  readonly requirement: readonly string[];
  /** Disk space that the environment takes, in bytes; while it is installed, a download of about a third comes on top. */
  readonly diskBytes: number;
  /** What is said about the size before the download. */
  readonly size: string;
}

/**
 * What to install. A CPU needs only the wheel itself: its C library uses none of the Python packages that the wheel depends on. For a GPU,
 * CUDA and cuDNN come as wheels, too.
 *
 * @param architecture Node's name for it. The wheel without CUDA has another name on ARM, where it is the only one.
 */
export function wheelFor(device: Device, architecture: string): Wheel {
  if (device === 'gpu') {
    return {
      requirement: [`tensorflow[and-cuda]==${TENSORFLOW_VERSION}`],
      diskBytes: 9e9,
      size: 'TensorFlow with CUDA 12 and cuDNN 9, about 3 GB to download and 6.2 GB on disk',
    };
  }
  return {
    requirement: ['--no-deps', `${architecture === 'arm64' ? 'tensorflow' : 'tensorflow-cpu'}==${TENSORFLOW_VERSION}`],
    diskBytes: 2e9,
    size: '274 MB to download, 1.3 GB on disk',
  };
}
