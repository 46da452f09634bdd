/** The version of TensorFlow whose wheel has the C library; the prototypes were measured with it. */
export const TENSORFLOW_VERSION = '2.21.0';

/** Versions of Python that it has wheels for. */
export const PYTHON_VERSIONS: readonly string[] = ['3.10', '3.11', '3.12', '3.13'];

export type Device = 'cpu' | 'gpu';

export interface Wheel {
  /** Arguments of `pip install`. */
  readonly requirement: readonly string[];
  /** Disk space that the environment takes, in bytes; a download of about a third comes on top while it is installed. */
  readonly diskBytes: number;
  /** What is said before it is downloaded. */
  readonly size: string;
}

/**
 * What is installed. For a CPU only the wheel itself: its C library needs none of the Python packages that the wheel
 * depends on. For a GPU CUDA and cuDNN come as wheels too.
 *
 * @param architecture Node's name. The wheel without CUDA has another name on ARM, where no other exists.
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
