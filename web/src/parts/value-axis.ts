/** The axis under bars that lie: its figures, and at its end the unit that they have. */

import type { Tint } from "./chart.ts";

export interface ValueAxis {
  type: "value";
  name: string;
  axisLabel: Record<string, unknown> & { formatter: (value: number) => string };
}

export function valueAxis(unit: string, tint: Tint, width: number, written: (value: number) => string): ValueAxis & Record<string, unknown> {
  return {
    type: "value",
    name: unit,
    nameGap: 12,
    nameTextStyle: { color: tint("ink-2"), align: "left", verticalAlign: "top", padding: [8, 0, 0, 0] },
    splitNumber: width < 560 ? 2 : 5,
    axisLabel: { color: tint("ink-2"), hideOverlap: true, formatter: written },
    splitLine: { lineStyle: { color: tint("line") } },
  };
}
