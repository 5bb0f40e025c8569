/** The source of a meter that is added: one of the park's, or a new one as a form describes it. */

import { html, nothing, type TemplateResult } from "lit";
import type { Source } from "../api.ts";
import type { Words } from "../i18n/words.ts";

export const NEW_KINDS = ["modbus-tcp", "modbus-rtu", "modbus-serial", "push"] as const;
export type NewKind = (typeof NEW_KINDS)[number];

/** As a site file has it, or the code of one that it has. */
export type SourceWord = string | Record<string, unknown>;

export function kindOf(choice: string, sources: readonly Source[]): string {
  return choice.startsWith("+") ? (choice === "+push" ? "push" : "modbus") : (sources.find((one) => one.code === choice)?.kind ?? "");
}

export function isNew(choice: string): boolean {
  return choice.startsWith("+");
}

export function sourceIn(choice: string, read: (name: string) => string): SourceWord {
  if (!isNew(choice)) return choice;
  const code = read("source-code");
  if (choice === "+push") return { kind: "push", code };
  if (choice === "+modbus-serial")
    return { kind: "modbus", code, serial: read("serial"), baudrate: Number(read("baudrate")), parity: read("parity") };
  const place = { kind: "modbus", code, host: read("host"), port: Number(read("port")) };
  return choice === "+modbus-rtu" ? { ...place, framing: "rtu" } : place;
}

export function placeOf(choice: string, read: (name: string) => string, sources: readonly Source[]): string {
  if (!isNew(choice)) return sources.find((one) => one.code === choice)?.place ?? choice;
  if (choice === "+modbus-serial") return read("serial");
  return read("host") && `${read("host")}:${read("port")}`;
}

export function sourceFields(choice: string, sources: readonly Source[], words: Words, choose: (choice: string) => void): TemplateResult {
  const named: Record<NewKind, string> = {
    "modbus-tcp": words.newModbusTcp,
    "modbus-rtu": words.newModbusRtu,
    "modbus-serial": words.newModbusSerial,
    push: words.newPush,
  };
  const changed = (event: Event): void => choose((event.target as HTMLSelectElement).value);
  return html`<label>${words.addSourceLabel}<select name="source" @change=${changed}>
      ${NEW_KINDS.map((kind) => html`<option value="+${kind}" ?selected=${choice === `+${kind}`}>${named[kind]}</option>`)}
      ${sources.map((one) => html`<option value=${one.code} ?selected=${choice === one.code}>${one.code} · ${one.protocol} ${one.place}</option>`)}
    </select></label>
    ${isNew(choice) ? newFields(choice, freeCode(sources), words) : nothing}`;
}

function newFields(choice: string, code: string, words: Words): TemplateResult {
  return html`${choice === "+push" ? nothing : choice === "+modbus-serial" ? serialFields(words) : hostFields(words)}
    <label>${words.sourceCode}<input name="source-code" required maxlength="64" .defaultValue=${code} /></label>`;
}

function hostFields(words: Words): TemplateResult {
  return html`<label>${words.hostLabel}<input name="host" required maxlength="253" placeholder="192.168.1.20" /></label>
    <label>${words.portLabel}<input name="port" type="number" required min="1" max="65535" .defaultValue=${"502"} /></label>`;
}

function serialFields(words: Words): TemplateResult {
  const parities: [string, string][] = [["none", words.parityNone], ["even", words.parityEven], ["odd", words.parityOdd]];
  return html`<label>${words.serialLabel}<input name="serial" required placeholder="/dev/ttyUSB0" /></label>
    <label>${words.baudLabel}<input name="baudrate" type="number" required min="300" .defaultValue=${"9600"} /></label>
    <label>${words.parityLabel}<select name="parity">${parities.map(([value, word]) => html`<option value=${value}>${word}</option>`)}</select></label>`;
}

/** line-1, unless a source has that code. */
function freeCode(sources: readonly Source[]): string {
  const taken = new Set(sources.map((one) => one.code));
  let number = 1;
  while (taken.has(`line-${number}`)) number++;
  return `line-${number}`;
}
