import type { ConcatNode, MapShape, PadChannelsNode } from '@signwave/format';

/** A node whose output has the channels of its operands one behind the other, or zeros where it has none. */
export type JoiningNode = ConcatNode | PadChannelsNode;

/** Lists the operands of a node, and from which channel of its output on each one lies. */
export function joinedBy(node: JoiningNode, shapes: readonly MapShape[]) {
  let next = node.op === 'padChannels' ? node.before : 0;
  return node.inputs.map((operand) => {
    const channel = next;
    next += shapes[operand]!.channels;
    return { operand, channel };
  });
}
