/** What a person should know before the list: the spool, the queue, what is settled again, what brokers dropped and what was given up. */

import { html, nothing, type TemplateResult } from "lit";
import type { Edge, Settlement, Source, SourceList, Spool, StageProgress } from "../api.ts";
import { detail } from "../i18n/details.ts";
import { span } from "../i18n/words.ts";
import { exact, three } from "../numbers.ts";
import { bytes } from "../parts/bytes.ts";
import { moment } from "../time.ts";
import { age, type Context } from "./trace.ts";

const QUEUED = 1000;
const SENT_S = 15;
const CLOCK_S = 5;
const SETTLED_S = 10;

export function notices(list: SourceList, settlement: Settlement | null, context: Context): TemplateResult | typeof nothing {
  const found = [...ofConfiguration(list, context), ...ofSpool(list, context), ...ofQueue(list, context), ...ofSettlement(settlement, context), ...ofEdges(list.edges, context), ...ofSources(list.sources, context)];
  return found.length === 0 ? nothing : html`<div class="notices" role="status">${found}</div>`;
}

function ofConfiguration({ configuration }: SourceList, { words, language }: Context): TemplateResult[] {
  if (configuration.mistakes.length === 0) return [];
  const texts = configuration.mistakes.map((one) => [one.file, one.key, detail(one.reason, language).text].filter(Boolean).join(": "));
  return [note(words.mistakesTitle, [words.mistakesText, ...texts], "bad")];
}

function ofSpool({ spool, queue }: SourceList, context: Context): TemplateResult[] {
  const { words, language } = context;
  const away = queue.failing ? [words.storeAway(detail(queue.last_error, language).text)] : [];
  if (!spool) return away.map((text) => note(words.causeStore, [text], "bad"));
  const texts = [
    ...away,
    ...(spool.rows > 0 ? [waiting(spool, context)] : []),
    ...(spool.held_records > 0 ? [words.spoolHeld(exact(spool.held_records))] : []),
    ...(spool.damaged_records > 0 ? [words.spoolDamaged(exact(spool.damaged_records))] : []),
  ];
  if (spool.state === "full") return [note(words.spoolFullTitle, [words.spoolFullText, ...texts], "bad")];
  return texts.length === 0 ? [] : [note(words.spoolTitle, texts, "warning")];
}

function waiting(spool: Spool, { words, now, language }: Context): string {
  const seconds = spool.oldest === null ? 0 : (now - Date.parse(spool.oldest)) / 1000;
  return words.spoolText(exact(spool.rows), bytes(spool.bytes), bytes(spool.limit_bytes), span(seconds, language));
}

function ofQueue({ queue }: SourceList, { words }: Context): TemplateResult[] {
  if (queue.waiting_rows < QUEUED) return [];
  return [note(words.queueTitle, [words.queueText(exact(queue.waiting_rows))], "warning")];
}

function ofSettlement(settlement: Settlement | null, context: Context): TemplateResult[] {
  const late = (settlement?.stages ?? []).filter(({ since }) => since !== null && context.now - Date.parse(since) > SETTLED_S * 1000);
  return late.length === 0 ? [] : [note(context.words.settlingTitle, late.map((stage) => settling(stage, context)), "plain")];
}

function settling(stage: StageProgress, { words, zone }: Context): string {
  const name = stage.stage === "energy" ? words.settlingEnergy : words.settlingDaily;
  const end = stage.expected_end === null ? "" : words.settlingEnd(three(stage.days_per_s), moment(Date.parse(stage.expected_end), zone));
  return words.settlingText(name, exact(stage.meters), exact(stage.days), exact(stage.settled_days)) + end;
}

function ofEdges(edges: readonly Edge[], context: Context): TemplateResult[] {
  return edges.flatMap((edge) => {
    const texts = edge.silent ? [unheard(edge, context)] : told(edge, context);
    return texts.length === 0 ? [] : [note(context.words.edgeTitle(edge.name), texts, edge.silent ? "bad" : "warning")];
  });
}

function unheard(edge: Edge, context: Context): string {
  return edge.seen === null ? context.words.edgeNever : context.words.edgeSilent(age(edge.seen, context));
}

function told({ spool, aside_rows, clock_ahead_s }: Edge, { words, now, language }: Context): string[] {
  const oldest = spool?.oldest ? (now - Date.parse(spool.oldest)) / 1000 : 0;
  const ahead = clock_ahead_s ?? 0;
  return [
    ...(spool && spool.rows > 0 && oldest > SENT_S
      ? [words.edgeSpool(exact(spool.rows), bytes(spool.bytes), bytes(spool.limit_bytes), span(oldest, language))]
      : []),
    ...(spool && spool.damaged_records > 0 ? [words.spoolDamaged(exact(spool.damaged_records))] : []),
    ...(aside_rows > 0 ? [words.edgeAside(exact(aside_rows))] : []),
    ...(Math.abs(ahead) > CLOCK_S ? [words.edgeClock(span(Math.abs(ahead), language))] : []),
  ];
}

function ofSources(sources: readonly Source[], { words, zone }: Context): TemplateResult[] {
  const dropped = sources.filter((one) => one.dropped > 0).map((one) => words.droppedText(one.code, exact(one.dropped)));
  const lost = sources.filter((one) => one.lost_rows > 0).map((one) => words.lostTextRows(one.code, exact(one.lost_rows)) + lostSpan(one, words, zone));
  return [
    ...(dropped.length > 0 ? [note(words.droppedTitle, dropped, "warning")] : []),
    ...(lost.length > 0 ? [note(words.lostTitleRows, lost, "bad")] : []),
  ];
}

function lostSpan({ lost_from, lost_to }: Source, words: Context["words"], zone: string): string {
  return lost_from && lost_to ? words.lostSpan(moment(Date.parse(lost_from), zone), moment(Date.parse(lost_to), zone)) : "";
}

function note(title: string, texts: readonly string[], level: "plain" | "warning" | "bad"): TemplateResult {
  return html`<section class="panel note note-${level}">
    <h2>${title}</h2>
    ${texts.map((text) => html`<p>${text}</p>`)}
  </section>`;
}
