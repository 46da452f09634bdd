import type { Graph, GraphNode, MapShape } from '@signwave/format';
import type { FusedGroup } from '../plan/fuse.js';
import type { PlanContext } from '../plan/plan-context.js';

/** How the maps that a kernel reads and writes lie in memory: runtime/assembly/records.ts. */
export type Layout = 'pixels' | 'planes';

/** What rooms need to know to accept or refuse a fused group. */
export interface ShapedGraph {
  readonly graph: Graph;
  readonly shapes: readonly MapShape[];
  /** Nodes whose float sums may be added in any order: `freeSums`. */
  readonly freeSums: ReadonlySet<number>;
}

/**
 * Everything about one way to execute a fused group: what it accepts, the records that it makes, and how threads share these. Each kernel,
 * or a few that differ little, has a file with its room.
 */
export interface Room {
  readonly layout: Layout;
  /** Whether fused groups that this room accepts pull their neighbours to its layout. */
  readonly isDecisive?: boolean;
  /** Says why the room can't execute a fused group; undefined if it can. Absent: it executes every group that it is asked for. */
  readonly refusal?: (shaped: ShapedGraph, fused: FusedGroup) => string | undefined;
  /** Adds the steps of a fused group. What it reads has been provided in the layout of the room. */
  readonly plan: (context: PlanContext, fused: FusedGroup) => void;
}

/** The node at the head of a fused group, if it has one. */
export function headOf(graph: Graph, fused: FusedGroup): GraphNode | undefined {
  return fused.head === undefined ? undefined : graph.nodes[fused.head];
}

/** Refuses a map of one pixel, which has nothing to fill the lanes of a plane with. */
export function refusePixel({ shapes }: ShapedGraph, { source }: FusedGroup): string | undefined {
  return isPixel(shapes[source]!) ? 'one pixel' : undefined;
}

export function isPixel({ height, width }: MapShape): boolean {
  return height * width === 1;
}
