import { SignwaveError } from '@signwave/format';

/** What a program leaves of a training in many processes: a folder with a part of the network for each, which only the program can join. */
interface Layout {
  /** A file of it, by its path with slashes. */
  readonly file: RegExp;
  /** Whether a folder with these names is one. */
  isFolder(names: readonly string[]): boolean;
  /** What it is and what joins it. @param folder where the file lies, or the folder itself. */
  describe(folder: string): string;
}

const ZERO_PART = /(?:^|\/)(?:bf16_)?zero_pp_rank_\d+_mp_rank_\d+_(?:model|optim)_states\.pt$/;

const LAYOUTS: readonly Layout[] = [
  {
    // torch/distributed/checkpoint/filesystem.py; format_utils.py has the command.
    file: /(?:^|\/)(?:\.metadata|[^/]*\.distcp)$/,
    isFolder: (names) => names.some((name) => name.endsWith('.distcp')),
    describe: (folder) =>
      `of torch.distributed.checkpoint. Join it, then convert OUT.pth: python -m torch.distributed.checkpoint.format_utils dcp_to_torch ${inShell(folder)} OUT.pth`,
  },
  {
    // DeepSpeed copies the script into the folder, beside the folders of steps.
    file: ZERO_PART,
    isFolder: (names) =>
      names.includes('zero_to_fp32.py') ||
      names.some((name) => ZERO_PART.test(name)) ||
      (names.includes('latest') && names.some((name) => /^global_step\d+$/.test(name))),
    describe: (folder) => {
      const [top, step] = /^global_step\d+$/.test(baseOf(folder)) ? [folderOf(folder), baseOf(folder)] : [folder];
      const tag = step === undefined ? '' : ` --tag ${step}`;
      return `of DeepSpeed’s ZeRO. Join it, then convert the pytorch_model.bin in OUT: python ${inShell(`${top}/zero_to_fp32.py`)} ${inShell(top)} OUT${tag}`;
    },
  },
  {
    // iter_0000100/mp_rank_00/model_optim_rng.pt
    file: /(?:^|\/)mp_rank_\d+(?:_\d+)*\/[^/]+\.pt$/,
    isFolder: (names) => names.includes('latest_checkpointed_iteration.txt'),
    describe: () =>
      'of Megatron, whose processes have parts of each layer. Join it with Megatron’s tools/checkpoint/convert.py, --target-tensor-parallel-size 1 --target-pipeline-parallel-size 1',
  },
];

/** Files to give in place of a folder, the first that is there. */
const HUGGING_FACE = [
  'model.safetensors.index.json',
  'model.safetensors',
  'pytorch_model.bin.index.json',
  'pytorch_model.bin',
];

/** The error for a file of a checkpoint in parts, by its name; undefined for all other files. */
export function distributedFileError(path: string): SignwaveError | undefined {
  const slashed = path.replaceAll('\\', '/');
  const layout = LAYOUTS.find(({ file }) => file.test(slashed));
  return layout && kindError(`${path} is a part of a checkpoint ${layout.describe(folderOf(slashed))}`);
}

/** The error for a folder that a checkpoint is in, by the names in it; undefined for all other folders. */
export function checkpointFolderError(folder: string, names: readonly string[]): SignwaveError | undefined {
  const layout = LAYOUTS.find((it) => it.isFolder(names));
  if (layout) return kindError(`${folder} is a checkpoint ${layout.describe(folder.replace(/(?<=.)[/\\]+$/, ''))}`);
  const file = HUGGING_FACE.find((name) => names.includes(name));
  return file === undefined ? undefined : kindError(`${folder} is a folder; give the file ${file} in it`);
}

const kindError = (message: string): SignwaveError => new SignwaveError('E_CHECKPOINT_KIND', message);

const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function folderOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end < 0 ? '.' : path.slice(0, end) || '/';
}

/** A path as one word of a POSIX shell. */
function inShell(path: string): string {
  return /^[\w./:@%+=,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
