/** What a rule judges and where, in words for people. */

import { carrierWord } from "../parts/carrier.ts";
import { bandName } from "../parts/band.ts";
import { ruleField, RULE_FIELDS, ruleKind } from "../i18n/rule-fields.ts";
import { named, span, wordsOf, type Language } from "../i18n/words.ts";
import { brief, exact, unitText } from "../numbers.ts";
import type { Area, Meter, Site } from "../api.ts";
import { triedFields, type Document } from "./documents.ts";
import { WEEKDAYS, weekday } from "./weekdays.ts";

export interface Known {
  site: Site | null;
  meters: ReadonlyMap<string, Meter>;
  language: Language;
}

/** Of a rule about data only what its own sign turns on. */
const OF_SIGN: Readonly<Record<string, string>> = { reset: "counter", gap: "gap", clock: "ahead", spool: "full", drops: "drops", database: "away" };
const SHARES: readonly string[] = ["stages", "margin", "full", "above", "below", "hysteresis"];

export function kindOf(document: Document, language: Language): string {
  return ruleKind(String(document["sign"] ?? document.kind), language);
}

/** Pairs of a name, which a quantity needs none of, and a value. */
export function conditionsOf(document: Document, known: Known): [string, string][] {
  const sign = document["sign"];
  const own = sign === undefined ? [...triedFields(document), "contract"] : [OF_SIGN[String(sign)] ?? "", "hold"];
  const told = own.sort((a, b) => RULE_FIELDS.indexOf(a) - RULE_FIELDS.indexOf(b)).map((field): [string, string] => [field === "quantity" ? "" : ruleField(field, known.language), text(field, document, known)]);
  return told.filter(([, value]) => value !== "" && value !== span(0, known.language));
}

function text(field: string, document: Document, known: Known): string {
  const value = document[field];
  const separator = wordsOf(known.language).comma;
  if (Array.isArray(value)) return value.map((one) => part(field, one, document.kind, known)).join(separator);
  return value === null || value === undefined ? "" : part(field, value, document.kind, known);
}

function part(field: string, value: unknown, kind: string, { site, language }: Known): string {
  if (typeof value === "number") return SHARES.includes(field) && kind !== "power_factor" ? `${brief(value * 100)} %` : exact(value);
  const said = String(value);
  if (field === "quantity" || field === "counter") return named(site?.quantities[said]?.name, language, said);
  if (field === "bands") return bandName(site, said, language);
  if ((WEEKDAYS as readonly string[]).includes(said)) return weekday(said, language);
  return amount(said, language) ?? said.replace(/^(\d\d:\d\d):00$/, "$1");
}

function amount(said: string, language: Language): string | null {
  const found = /^(-?\d+(?:\.\d+)?) (\S+)$/.exec(said);
  if (!found) return null;
  const [number, unit] = [Number(found[1]), found[2] ?? ""];
  return unit === "s" ? span(number, language) : `${exact(number)} ${unitText(unit)}`;
}

/** Where it looks, by name; nothing: everywhere. */
export function placesOf(document: Document, { site, meters, language }: Known): string[] {
  const where = (document["where"] ?? {}) as Partial<Record<"meters" | "areas" | "sources" | "carriers", string[]>> & { roles?: Meter["role"][] };
  const area = (code: string): Area | undefined => site?.areas.find((one) => one.code === code);
  return [
    ...(where.meters ?? []).map((code) => named(meters.get(code)?.name, language, code)),
    ...(where.areas ?? []).map((code) => named(area(code)?.name, language, code)),
    ...(where.sources ?? []),
    ...(where.carriers ?? []).map((carrier) => carrierWord(carrier, wordsOf(language))),
    ...(where.roles ?? []).map((role) => wordsOf(language)[role]),
  ];
}
