/** Sums of a report's series: what is known of them, and whether any of it is estimated. */

import type { EnergyReport } from "../api.ts";
import { scaleFor, type Scale } from "../numbers.ts";

export interface Sum {
  /** Null: nothing of it is known. */
  value: number | null;
  estimated: boolean;
}

type Summed = Pick<EnergyReport["series"][number], "values" | "estimated">;

/** Of all values of all series. */
export function sumOf(series: readonly Summed[]): Sum {
  const known = series.flatMap(({ values }) => values).filter((value) => value !== null);
  const estimated = series.some((one) => one.values.some((value, i) => value !== null && one.estimated[i]));
  return { value: known.length === 0 ? null : known.reduce((a, b) => a + b, 0), estimated };
}

/** One scale for powers that stand in a row, so that a small one keeps the unit of the others. */
export function scaleOfRow(powers: readonly (number | null)[]): Scale {
  return { ...scaleFor("kW", powers), decimals: 2 };
}
