/** The last hour of each meter's power, in ten-second steps, for the sparklines. */

const STEP_MS = 10_000;
const KEPT = 361;

export interface Point {
  at: number;
  kw: number | null;
}

export class Trail {
  readonly #points = new Map<string, Point[]>();

  points(meter: string): readonly Point[] {
    return this.#points.get(meter) ?? [];
  }

  /** Adds a live value; within one step the newest stands. */
  add(meter: string, at: number, kw: number | null): void {
    const points = this.#points.get(meter) ?? [];
    this.#points.set(meter, points);
    const step = Math.floor(at / STEP_MS) * STEP_MS;
    if (points.at(-1)?.at === step) points.pop();
    points.push({ at: step, kw });
    if (points.length > KEPT) points.splice(0, points.length - KEPT);
  }

  /** Puts what the service remembers before what this tab has seen. */
  prepend(meter: string, earlier: readonly Point[]): void {
    const seen = this.points(meter);
    const first = seen[0]?.at ?? Infinity;
    const all = [...earlier.filter((point) => point.at < first), ...seen];
    this.#points.set(meter, all.slice(-KEPT));
  }
}
