/** How far a load is from its usual one at this hour: a share where there is enough to take one of, always with its sign. */

import { html, nothing, type TemplateResult } from "lit";
import type { AreaLive } from "../api.ts";
import type { Words } from "../i18n/words.ts";
import { exact, MINUS_SIGN, NONE, three } from "../numbers.ts";

/** Above which share, and which power [kW], a load stands out: as the alert rule "deviation" begins with. */
const NOTED = 0.3;
const NOTED_KW = 10;
const LEAST_KW = 1;
const MOST = 9.99;
/** Own generation that the figures do not show. */
const OWN_SHARE = 0.01;

export interface Deviation {
  /** [kW] */
  off: number;
  /** Of the usual load; null where that is next to nothing. */
  share: number | null;
  noted: boolean;
}

/** Null where either is not known. [kW] */
export function deviationOf(kw: number | null | undefined, usual: number | undefined): Deviation | null {
  if (kw === null || kw === undefined || usual === undefined) return null;
  const off = kw - usual;
  const noted = Math.abs(off) > Math.max(NOTED_KW, NOTED * Math.abs(usual));
  return { off, share: Math.abs(usual) < LEAST_KW ? null : off / usual, noted };
}

/** +12 %, or +4.2 kW where a share says nothing. */
export function deviationText({ off, share }: Deviation): string {
  const sign = off < 0 ? MINUS_SIGN : "+";
  if (share === null) return Math.abs(off) < LEAST_KW ? "±0 %" : `${sign}${three(Math.abs(off))} kW`;
  if (Math.abs(share) > MOST) return `> ${sign}${Math.floor(100 * MOST)} %`;
  return Math.abs(share) < 0.005 ? "±0 %" : `${sign}${Math.round(100 * Math.abs(share))} %`;
}

export function deviationMark(found: Deviation | null, usual: number | undefined, words: Words): TemplateResult {
  if (found === null || usual === undefined) return html`<span class="unit" title=${words.usualUnknown}>${NONE}</span>`;
  const hint = words.usualHint(exact(Number(usual.toFixed(1))), `${found.off < 0 ? MINUS_SIGN : "+"}${exact(Number(Math.abs(found.off).toFixed(1)))}`);
  return html`<span class="deviation ${found.noted ? "noted" : ""}" title=${hint}>${found.noted ? html`<span aria-hidden="true">${found.off > 0 ? "▲" : "▼"}</span> ` : nothing}<span class="digits">${deviationText(found)}</span></span>`;
}

/** Whether it uses what it buys, and next to nothing of its own; what is usual is known of what is bought. */
export function buysAlone({ power_kw, import_kw }: Pick<AreaLive, "power_kw" | "import_kw">): boolean {
  return power_kw !== null && import_kw !== null && Math.abs(power_kw - import_kw) <= OWN_SHARE * Math.abs(power_kw);
}
