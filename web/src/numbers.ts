/** How a figure is written: three significant digits, scaled units, and a dash where nothing is known. */

export const NONE = "\u2013";
export const MINUS_SIGN = "\u2212";
const NARROW = "\u202f";
const MOST_DECIMALS = 4;

export interface Scale {
  unit: string;
  divisor: number;
  /** The most decimals that a figure of this scale has. */
  decimals?: number;
}

const STEPS: Record<string, readonly Scale[]> = {
  kW: [
    { unit: "kW", divisor: 1, decimals: 2 },
    { unit: "MW", divisor: 1e3 },
    { unit: "GW", divisor: 1e6 },
  ],
  kWh: [
    { unit: "kWh", divisor: 1 },
    { unit: "MWh", divisor: 1e3 },
    { unit: "GWh", divisor: 1e6 },
  ],
  kg: [
    { unit: "kg", divisor: 1 },
    { unit: "t", divisor: 1e3 },
    { unit: "kt", divisor: 1e6 },
  ],
  "kg/h": [
    { unit: "kg/h", divisor: 1 },
    { unit: "t/h", divisor: 1e3 },
  ],
};

/** The scale in which the largest of the values reads best; one for a whole table, chart or figure. */
export function scaleFor(unit: string, values: Iterable<number | null>, below = 1000): Scale {
  const steps = STEPS[unit] ?? [];
  const largest = largestOf(values);
  return steps.find((step) => largest / step.divisor < below) ?? steps.at(-1) ?? { unit, divisor: 1 };
}

function largestOf(values: Iterable<number | null>): number {
  let largest = 0;
  for (const value of values) if (value !== null) largest = Math.max(largest, Math.abs(value));
  return largest;
}

const WRITTEN: Record<string, string> = { m3: "m³", "m3/h": "m³/h", degC: "°C", "W/m2": "W/m²", "1": "" };

/** A unit of the catalogue as people write it. */
export function unitText(unit: string): string {
  return WRITTEN[unit] ?? unit.replace(/(^|k|\/)?(t|g) ?CO2/g, "$1$2 CO₂").replace("1e4Nm3", "10⁴ Nm³").replace(/m3$/, "m³");
}

/** At most three decimals; what would read as 0 and is not keeps three significant digits. */
export function brief(value: number | null | undefined): string {
  if (!known(value)) return NONE;
  const rounded = Number(value.toFixed(3));
  return exact(rounded === 0 ? Number(value.toPrecision(3)) : rounded);
}

/** Three significant digits, at most four decimals or as many as its scale has. */
export function three(value: number | null | undefined, most = MOST_DECIMALS): string {
  if (!known(value)) return NONE;
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(3));
  const decimals = 2 - Math.floor(Math.log10(Math.abs(rounded)));
  return written(rounded, Math.min(most, Math.max(0, decimals)));
}

/** Every digit that was sent, without the noise of binary fractions. */
export function exact(value: number | null | undefined): string {
  if (!known(value)) return NONE;
  const clean = Number(value.toPrecision(12));
  return written(clean, Math.min(9, decimalsOf(clean)));
}

export function fixed(value: number | null | undefined, decimals: number): string {
  return known(value) ? written(value, decimals) : NONE;
}

export function percent(share: number | null | undefined): string {
  return known(share) ? three(share * 100) : NONE;
}

/** Percent rounded down, so that 99.96 % measured never reads as all of it. */
export function coverage(share: number | null | undefined): string {
  if (!known(share)) return NONE;
  const tenths = Math.floor(share * 1000 + 1e-9);
  return tenths > 990 && tenths < 1000 ? written(tenths / 10, 1) : written(Math.floor(tenths / 10), 0);
}

function known(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

function decimalsOf(value: number): number {
  const [mantissa = "", exponent = "0"] = value.toString().split("e");
  return Math.max(0, (mantissa.split(".")[1]?.length ?? 0) - Number(exponent));
}

function written(value: number, decimals: number): string {
  const [whole = "", fraction] = Math.abs(value).toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, NARROW);
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && Number(text.replaceAll(NARROW, "")) !== 0 ? MINUS_SIGN + text : text;
}
