/** Waiting between two looks at something that takes long, or that is away for a while. */

import { passes } from "./refusal.ts";

/** After which what was away is asked again. */
export const AWAY_MS = 4_000;

export function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => window.setTimeout(done, milliseconds));
}

/** The answer, asked for again while network, service or database are away; what else fails is thrown. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!passes(error)) throw error;
      await pause(AWAY_MS);
    }
  }
}
