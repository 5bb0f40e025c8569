/** What the service says about alerts and silences, and the words for it. */

import { html, type TemplateResult } from "lit";
import type { Closer, MeterState, Schemas } from "../api.ts";
import { named, type Language, type Words } from "../i18n/words.ts";
import { dot } from "../parts/state.ts";
import { store } from "../store.ts";

export type AlertEntry = Closer<
  Schemas["AlertEntry"],
  { subject_kind: "meter" | "source" | "area" | "park"; state: "firing" | "acknowledged" | "resolved"; severity: "info" | "warning" | "critical" }
>;
export type AlertChange = Schemas["AlertChange"];
export type AlertStory = Closer<Schemas["AlertStory"], { alert: AlertEntry }>;
export type Silence = Schemas["SilenceEntry"];
export type RuleList = Schemas["RuleList"];

export function ruleName(rules: RuleList, code: string, language: Language): string {
  return named(rules.rules.find((one) => one.code === code)?.rule.name, language, code);
}

export function subjectName({ subject_kind, subject }: AlertEntry, language: Language): string {
  if (subject_kind === "meter") return named(store.meters.get(subject)?.name, language, subject);
  if (subject_kind === "source") return subject;
  const area = store.site?.areas.find((one) => one.code === subject);
  return named(area?.name ?? store.site?.name, language, subject);
}

export function meterNames(codes: readonly string[], language: Language): string[] {
  return codes.map((code) => named(store.meters.get(code)?.name, language, code));
}

const SHAPES: Record<AlertEntry["severity"], MeterState> = { critical: "stale", warning: "late", info: "never" };

/** A shape, a colour and a word. */
export function severityMark(severity: AlertEntry["severity"], words: Words): TemplateResult {
  const word = severityWord(severity, words);
  return html`<span class="severity severity-${severity}"><span aria-hidden="true">${dot(SHAPES[severity], word)}</span> ${word}</span>`;
}

export function severityWord(severity: AlertEntry["severity"], words: Words): string {
  return { critical: words.severityCritical, warning: words.severityWarning, info: words.severityInfo }[severity];
}

export function stateWord(alert: AlertEntry, words: Words): string {
  if (alert.state === "resolved") return words.alertResolved;
  return alert.acknowledged ? words.alertAcknowledged(alert.acknowledged.who) : words.alertFiring;
}

export function quietWord(quiet: string, words: Words): string {
  const known: Record<string, string> = {
    source: words.quietSource,
    silence: words.quietSilence,
    maintenance: words.quietMaintenance,
    storm: words.quietStorm,
    gone: words.quietGone,
  };
  return known[quiet] ?? quiet;
}

export function happened(what: string, words: Words): string {
  const known: Record<string, string> = {
    fired: words.hapFired,
    raised: words.hapRaised,
    revealed: words.hapRevealed,
    resolved: words.hapResolved,
    acknowledged: words.hapAcknowledged,
    commented: words.hapCommented,
    stormed: words.hapStormed,
  };
  return known[what] ?? what;
}

/** The silence that holds for an alert now, by the same rule as the service's: whatever it names has to fit. */
export function silenceOf(alert: AlertEntry, silences: readonly Silence[], now: number): Silence | undefined {
  const meter = alert.subject_kind === "meter" ? store.meters.get(alert.subject) : undefined;
  const source = alert.subject_kind === "source" ? alert.subject : (meter?.source ?? "");
  const areas = meter ? within(meter.area) : alert.subject_kind === "area" ? [alert.subject] : [];
  const fits = (named: readonly string[], codes: readonly string[]): boolean => named.length === 0 || codes.some((code) => named.includes(code));
  return silences.find((one) => one.weekly === null && Date.parse(one.begins) <= now && now < Date.parse(one.ends)
    && fits(one.rules, [alert.rule]) && fits(one.meters, meter ? [meter.code] : []) && fits(one.areas, areas) && fits(one.sources, [source]));
}

function within(area: string): string[] {
  const found: string[] = [];
  for (let at: string | null = area; at && !found.includes(at); at = store.site?.areas.find(({ code }) => code === at)?.parent ?? null) found.push(at);
  return found;
}

const REFRESH_MS = 30_000;

/** Changes with what is heard of alerts, and now and then: a silence that runs out is not told. */
export function turn(): string {
  return `${store.alertsTurn}|${Math.floor(store.now() / REFRESH_MS)}`;
}
