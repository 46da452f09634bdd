import { bytesSource } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { checkpointFolderError, openCheckpoint } from '../../src/checkpoints/index.js';
import { bytes, checkpoint, legacyCheckpoint, oneTensor, pickle, tensorPickle } from './build.js';

const { call, dict, global, int, program, tuple } = pickle;
const TENSOR = tensorPickle({ elements: 1, shape: [1], strides: [1] });
const STORAGE = { 0: new Uint8Array(Float32Array.of(42).buffer) };
const open = (value: Uint8Array) => openCheckpoint(bytesSource(checkpoint(program(value), STORAGE), 'rank0.pt'));

/**
 * A tensor of a class that keeps its values in attributes, as `torch.Tensor.__reduce_ex__` writes it: DTensor's are a dict, ShardedTensor's a
 * tuple.
 */
function wrapperSubclass(module: string, name: string, state: Uint8Array): Uint8Array {
  const args = tuple(global(module, name), global('torch', 'float32'), tuple(int(4)), tuple(int(1)), int(0));
  return call(
    'torch._tensor',
    '_rebuild_from_type_v2',
    global('torch._utils', '_rebuild_wrapper_subclass'),
    global(module, name),
    args,
    state,
  );
}
const dtensor = (module = 'torch.distributed.tensor') =>
  wrapperSubclass(module, 'DTensor', dict({ _local_tensor: TENSOR }));
const shardedTensor = wrapperSubclass(
  'torch.distributed._shard.sharded_tensor.api',
  'ShardedTensor',
  tuple(pickle.list(TENSOR), 'N'),
);

describe('what DistributedDataParallel saves', () => {
  test.each([
    ['its own state dict', dict({ 'module.conv.weight': TENSOR, 'module.bn.bias': TENSOR })],
    [
      'that in a checkpoint',
      dict({ epoch: int(3), state_dict: dict({ 'module.conv.weight': TENSOR, 'module.bn.bias': TENSOR }) }),
    ],
    ['one of a compiled network', dict({ 'module._orig_mod.conv.weight': TENSOR, 'module._orig_mod.bn.bias': TENSOR })],
    [
      'one beside the mean of weights',
      dict({ 'module.module.conv.weight': TENSOR, 'module.module.bn.bias': TENSOR, n_averaged: TENSOR }),
    ],
  ])('is read: %s', async (_, value) => {
    expect([...(await open(value)).tensors.keys()]).toEqual(['conv.weight', 'bn.bias']);
  });

  test('with DeepSpeed, without ZeRO’s parts, is read', async () => {
    const states = { module: dict({ w: TENSOR }), optimizer: 'N', mp_world_size: int(1), global_steps: int(7) };
    expect([...(await open(dict(states))).tensors.keys()]).toEqual(['w']);
  });
});

describe('one process’s part is refused, with what to save instead', () => {
  const FULL =
    /Save all of them from the training script: get_model_state_dict\(model, options=StateDictOptions\(full_state_dict=True/;
  test.each([
    ['DTensors', dict({ 'conv.weight': dtensor() }), '"conv.weight" is a torch.distributed.tensor.DTensor'],
    [
      'DTensors of PyTorch 2.4',
      dict({ 'conv.weight': dtensor('torch.distributed._tensor.api') }),
      '"conv.weight" is a torch.distributed._tensor.api.DTensor',
    ],
    [
      'DTensors beside whole buffers',
      dict({ 'conv.weight': dtensor(), 'bn.running_mean': TENSOR }),
      '"conv.weight" is a torch.distributed.tensor.DTensor',
    ],
    ['DTensors in a checkpoint', dict({ model: dict({ w: dtensor() }), epoch: int(1) }), '"w" is a torch.distributed'],
    [
      'ShardedTensors',
      dict({ 'fc.weight': shardedTensor, 'fc.bias': shardedTensor }),
      '"fc.weight" is a torch.distributed._shard.sharded_tensor.api.ShardedTensor',
    ],
    [
      'a parameter in parameters',
      dict({ w: call('torch._utils', '_rebuild_parameter', dtensor(), 0x88, '}') }),
      '"w" is a torch.distributed.tensor.DTensor',
    ],
    [
      'flat parameters of FSDP',
      dict({ '_fsdp_wrapped_module._flat_param': TENSOR, 'bn.running_mean': TENSOR }),
      '"_fsdp_wrapped_module._flat_param" is the parameters of several layers in one',
    ],
  ])('%s', async (_, value, named) => {
    await expect(open(value)).rejects.toMatchObject({
      code: 'E_CHECKPOINT_KIND',
      message: expect.stringMatching(FULL),
    });
    await expect(open(value)).rejects.toThrow(`rank0.pt has one process’s parts of tensors: ${named}`);
  });

  test('but not for parts in the optimizer’s state', async () => {
    const optimizer = dict({ state: dict({ m: dtensor() }), param_groups: ']' });
    const { tensors } = await open(dict({ model: dict({ w: TENSOR }), optimizer }));
    expect([...tensors.keys()]).toEqual(['w']);
  });

  test('also in the legacy format', async () => {
    const file = legacyCheckpoint(program(dict({ w: dtensor() })), [{ key: '0', elements: 1, data: STORAGE[0] }]);
    await expect(openCheckpoint(bytesSource(file, 'old.pt'))).rejects.toThrow(/old\.pt has one process’s parts/);
  });

  test('of a network that DeepSpeed divided', async () => {
    await expect(open(dict({ module: dict({ w: TENSOR }), mp_world_size: int(2) }))).rejects.toMatchObject({
      code: 'E_CHECKPOINT_KIND',
      message: expect.stringContaining('rank0.pt is one of 2 parts of a network'),
    });
  });
});

const DCP = 'python -m torch.distributed.checkpoint.format_utils dcp_to_torch';
describe('a file of a checkpoint in parts is refused with the command that joins them', () => {
  test.each([
    ['run/step_9/__0_0.distcp', `${DCP} run/step_9 OUT.pth`],
    ['run/step_9/.metadata', `${DCP} run/step_9 OUT.pth`],
    ['__1_0.distcp', `${DCP} . OUT.pth`],
    ['my run/a’s & b/__0_0.distcp', `${DCP} 'my run/a’s & b' OUT.pth`],
    ["it's/__0_0.distcp", `${DCP} 'it'\\''s' OUT.pth`],
    [
      'ckpt/global_step40/zero_pp_rank_0_mp_rank_00_model_states.pt',
      'python ckpt/zero_to_fp32.py ckpt OUT --tag global_step40',
    ],
    [
      'ckpt/global_step40/bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt',
      'python ckpt/zero_to_fp32.py ckpt OUT --tag global_step40',
    ],
    [
      'C:\\ckpt\\global_step40\\zero_pp_rank_0_mp_rank_00_optim_states.pt',
      'python C:/ckpt/zero_to_fp32.py C:/ckpt OUT',
    ],
    ['iter_0000100/mp_rank_00/model_optim_rng.pt', 'tools/checkpoint/convert.py'],
    ['iter_0000100/mp_rank_00_001/model_optim_rng.pt', 'tools/checkpoint/convert.py'],
  ])('%s', async (name, command) => {
    const whole = oneTensor({ elements: 1, shape: [1], strides: [1] }, new Uint8Array(4));
    for (const content of [bytes('x'), whole]) {
      await expect(openCheckpoint(bytesSource(content, name))).rejects.toMatchObject({
        code: 'E_CHECKPOINT_KIND',
        message: expect.stringContaining(command),
      });
    }
  });

  test('and one whose name only resembles it is read', async () => {
    const whole = oneTensor({ elements: 1, shape: [1], strides: [1] }, new Uint8Array(4));
    for (const name of ['ckpt/mp_rank_00_model_states.pt', 'zero_pp_rank.pt', 'my.distcp.pth', 'a.metadata']) {
      await openCheckpoint(bytesSource(whole, name));
    }
  });
});

describe('a folder that a checkpoint is in', () => {
  test.each([
    ['run', ['.metadata', '__0_0.distcp', '__1_0.distcp'], `${DCP} run OUT.pth`],
    ['run/', ['__0_0.distcp'], `${DCP} run OUT.pth`],
    ['ckpt', ['global_step40', 'latest'], 'python ckpt/zero_to_fp32.py ckpt OUT'],
    ['ckpt', ['zero_to_fp32.py', 'last'], 'python ckpt/zero_to_fp32.py ckpt OUT'],
    [
      'ckpt/global_step40',
      ['zero_pp_rank_0_mp_rank_00_optim_states.pt', 'mp_rank_00_model_states.pt'],
      'python ckpt/zero_to_fp32.py ckpt OUT --tag global_step40',
    ],
    ['megatron', ['iter_0000100', 'latest_checkpointed_iteration.txt'], '--target-tensor-parallel-size 1'],
    [
      'hub',
      ['config.json', 'model.safetensors', 'model.safetensors.index.json'],
      'the file model.safetensors.index.json',
    ],
    ['hub', ['config.json', 'pytorch_model.bin'], 'the file pytorch_model.bin'],
  ])('%s of %o is refused with what to do', (folder, names, what) => {
    expect(checkpointFolderError(folder, names)).toMatchObject({
      code: 'E_CHECKPOINT_KIND',
      message: expect.stringContaining(what),
    });
  });

  test.each([[[]], [['a.pth', 'b.pth']], [['latest']]])('isn’t one of %o', (names) => {
    expect(checkpointFolderError('runs', names)).toBeUndefined();
  });
});
