/** The few pictures of the frame, drawn as strokes in the text's colour. */

import { html, svg, type TemplateResult } from "lit";
import type { Page } from "../route.ts";

const PATHS: Record<Page | "sun" | "moon" | "search" | "wall" | "rest", TemplateResult> = {
  live: svg`<path d="M2 12h4l3-7 5 14 3-7h5" />`,
  energy: svg`<path d="M13 3 5 14h6l-1 7 8-11h-6z" />`,
  carbon: svg`<path d="M4 20V10M10 20V4M16 20v-7M21 20H3" />`,
  cost: svg`<path d="M6 3h12v18l-3-2-3 2-3-2-3 2zM9.5 8l2.5 3.5L14.5 8M12 11.5V16M9.5 13h5" />`,
  meters: svg`<rect x="4" y="3" width="16" height="18" rx="2" /><path d="M8 8h8M8 16h3" /><circle cx="15" cy="15" r="2" />`,
  alerts: svg`<path d="M6 16v-5a6 6 0 0 1 12 0v5l2 2H4zM10 21h4" />`,
  collectors: svg`<circle cx="5" cy="6" r="2" /><circle cx="5" cy="18" r="2" /><circle cx="19" cy="12" r="3" /><path d="M7 6h4l3 4M7 18h4l3-4" />`,
  settings: svg`<path d="M4 7h9M17 7h3M4 17h3M11 17h9" /><circle cx="15" cy="7" r="2" /><circle cx="9" cy="17" r="2" />`,
  account: svg`<circle cx="12" cy="8" r="4" /><path d="M4 21a8 8 0 0 1 16 0" />`,
  rest: svg`<path d="M5 12h.01M12 12h.01M19 12h.01" />`,
  search: svg`<circle cx="10.5" cy="10.5" r="6.5" /><path d="m15.5 15.5 5 5" />`,
  wall: svg`<rect x="3" y="4" width="18" height="12" rx="1.5" /><path d="M8 20h8M12 16v4" />`,
  sun: svg`<circle cx="12" cy="12" r="4" /><path d="M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2" />`,
  moon: svg`<path d="M20 14A8 8 0 1 1 10 4a7 7 0 0 0 10 10z" />`,
};

export function icon(name: keyof typeof PATHS): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">${PATHS[name]}</svg>`;
}
