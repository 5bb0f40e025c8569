/** An amount of bytes as people read it: 206 KiB. */

import { three } from "../numbers.ts";

const STEPS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(amount: number): string {
  const step = amount < 1 ? 0 : Math.min(STEPS.length - 1, Math.floor(Math.log2(amount) / 10));
  return `${three(amount / 1024 ** step, 1)}\u00a0${STEPS[step] ?? ""}`;
}
