/** Where the one-line diagram's nodes stand [px], in columns from the grid to the users. */

import type { Network, NodeKind } from "./network.ts";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  boxes: ReadonlyMap<string, Box>;
  height: number;
}

const COLUMNS: readonly NodeKind[] = ["grid", "incomer", "transformer", "area", "generation"];
const SHARES: Record<NodeKind, number> = { grid: 10, incomer: 17, transformer: 17, area: 30, generation: 14 };
const TALL: Record<NodeKind, number> = { grid: 56, incomer: 52, transformer: 52, area: 52, generation: 44 };
const SPACE = 12;

export function layoutOf(network: Network, width: number): Layout {
  const columns = COLUMNS.filter((kind) => network.nodes.some((node) => node.kind === kind));
  const gap = Math.min(56, width * 0.055);
  const room = width - gap * (columns.length - 1);
  const total = columns.reduce((sum, kind) => sum + SHARES[kind], 0);
  const height = Math.max(...columns.map((kind) => stack(network, kind)));
  const boxes = new Map<string, Box>();
  let x = 0;
  for (const kind of columns) {
    const wide = (room * SHARES[kind]) / total;
    place(network, kind, { x, width: wide, height }, boxes);
    x += wide + gap;
  }
  beside(network, boxes);
  return { boxes, height };
}

function stack(network: Network, kind: NodeKind): number {
  const count = network.nodes.filter((node) => node.kind === kind).length;
  return count * TALL[kind] + (count - 1) * SPACE;
}

/** Spreads a column's nodes evenly over the height. */
function place(
  network: Network,
  kind: NodeKind,
  column: { x: number; width: number; height: number },
  boxes: Map<string, Box>,
): void {
  const nodes = network.nodes.filter((node) => node.kind === kind);
  const tall = TALL[kind];
  nodes.forEach((node, i) => {
    const y = (column.height * (i + 0.5)) / nodes.length - tall / 2;
    boxes.set(node.id, { x: column.x, y, width: column.width, height: tall });
  });
}

/** An enterprise's generation stands level with the enterprise. */
function beside(network: Network, boxes: Map<string, Box>): void {
  for (const node of network.nodes) {
    const box = boxes.get(node.id);
    const owner = node.kind === "generation" ? boxes.get(node.code) : undefined;
    if (box && owner) box.y = owner.y + (owner.height - box.height) / 2;
  }
}

/** From the right edge of one box to the left edge of another, or back from a box on the right. */
export function curve(from: Box, to: Box, shift = 0): string {
  const backwards = from.x > to.x;
  const x1 = backwards ? from.x : from.x + from.width;
  const x2 = backwards ? to.x + to.width : to.x;
  const y1 = from.y + from.height / 2 + shift;
  const y2 = to.y + to.height / 2;
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}
