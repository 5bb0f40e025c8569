/** What stands below an opened source: its meters, and what of it was refused. */

import { html, nothing, type TemplateResult } from "lit";
import type { MeterTrace, SourceDetail } from "../api.ts";
import { detail } from "../i18n/details.ts";
import { exact, NONE, three } from "../numbers.ts";
import { advice, conditionMark } from "../parts/condition.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";
import { moment } from "../time.ts";
import { age, lastError, lastSuccess, type Context } from "./trace.ts";

export function metersTable(source: SourceDetail, context: Context, name: (meter: MeterTrace) => string): TemplateResult {
  const { words } = context;
  const hint = source.condition === "failing" || source.condition === "silent" ? advice(source.cause, words) : "";
  return html`${hint ? html`<p class="advice">${hint}</p>` : nothing}
    ${source.each.length === 0
      ? html`<p class="empty">${words.noMetersOfSource}</p>`
      : html`<table class="cards inner">
          <thead>
            <tr>
              <th scope="col">${words.name}</th>
              <th scope="col">${words.condition}</th>
              <th scope="col" class="number">${words.latency}</th>
              <th scope="col" class="number">${words.readsPerSecond}</th>
              <th scope="col">${words.lastSuccess}</th>
              <th scope="col">${words.lastError}</th>
            </tr>
          </thead>
          <tbody>${source.each.map((meter) => row(meter, context, name(meter)))}</tbody>
        </table>`}`;
}

function row(meter: MeterTrace, context: Context, name: string): TemplateResult {
  const { words } = context;
  return html`<tr data-meter=${meter.code}>
    <th scope="row"><a href=${href({ ...store.route, page: "meters", meter: meter.code })}>${name}</a> <code>${meter.code}</code></th>
    <td data-label=${words.condition}>${conditionMark(meter.condition, words)}</td>
    <td data-label=${words.latency} class="number">${latency(meter)}</td>
    <td data-label=${words.readsPerSecond} class="number" title=${words.failuresOf(exact(meter.failures), exact(meter.reads))}>
      <span class="digits">${three(meter.reads_per_s)}</span>
    </td>
    <td data-label=${words.lastSuccess} class="nowrap">${lastSuccess(meter, context)}</td>
    <td data-label=${words.lastError} class="wide ${meter.last_failure === null ? "clean" : ""}">${lastError(meter, context)}</td>
  </tr>`;
}

function latency(meter: MeterTrace): TemplateResult {
  if (meter.latency_s === null) return html`${NONE}`;
  return html`<span class="figure"><span class="digits">${three(meter.latency_s * 1000, 1)}</span> <span class="unit">ms</span></span>`;
}

export function strangersTable(source: SourceDetail, context: Context): TemplateResult | typeof nothing {
  const { words } = context;
  if (source.strangers.length === 0) return nothing;
  return html`<h2 class="aside-title">${words.strangers} <span class="digits">${exact(source.strangers.length)}</span> <span class="subject">${words.strangersHint}</span></h2>
    <div class="scroll" tabindex="0" role="region" aria-label=${words.strangers}>
      <table class="aside">
        <thead>
          <tr>
            <th scope="col">${words.name}</th>
            <th scope="col" class="number">${words.times}</th>
            <th scope="col">${words.lastSeen}</th>
          </tr>
        </thead>
        <tbody>
          ${source.strangers.map((one) => html`<tr data-stranger=${one.name}>
            <th scope="row"><code>${one.name}</code></th>
            <td data-label=${words.times} class="number"><span class="digits">${exact(one.times)}</span></td>
            <td data-label=${words.lastSeen}>${age(one.last, context)}</td>
          </tr>`)}
        </tbody>
      </table>
    </div>`;
}

export function asideTable(source: SourceDetail, { words, zone, language }: Context): TemplateResult | typeof nothing {
  if (source.aside.length === 0) return nothing;
  return html`<h2 class="aside-title">
      ${words.keptAside}
      <span class="subject">${words.keptAsideCount(exact(source.aside.length), exact(source.refused))}</span>
    </h2>
    <div class="scroll" tabindex="0" role="region" aria-label=${words.keptAside}>
      <table class="aside">
        <thead>
          <tr>
            <th scope="col">${words.time}</th>
            <th scope="col">${words.origin}</th>
            <th scope="col">${words.reason}</th>
            <th scope="col">${words.content}</th>
          </tr>
        </thead>
        <tbody>
          ${source.aside.map((each) => ({ ...each, said: detail(each.reason, language) })).map((each) => html`<tr>
            <th scope="row">${moment(Date.parse(each.time), zone)}</th>
            <td class="wide" data-label=${words.origin}>${each.origin}</td>
            <td class="wide" data-label=${words.reason} lang=${each.said.language}>${each.said.text}</td>
            <td class="wide" data-label=${words.content}><code>${each.content}</code></td>
          </tr>`)}
        </tbody>
      </table>
    </div>`;
}
