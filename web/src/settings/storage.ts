/** <pw-storage>: the database, the disk that readings wait on, and what is to be settled again. */

import { html, type TemplateResult } from "lit";
import { get, type Schemas, type Settlement, type SourceList } from "../api.ts";
import { exact } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import { bytes } from "../parts/bytes.ts";
import { store } from "../store.ts";

const REFRESH_MS = 10_000;

interface Kept {
  storage: Schemas["StorageAnswer"];
  sources: SourceList;
  settlement: Settlement;
}

class StoragePanel extends Asking<Kept> {
  protected override get question(): string {
    return String(Math.floor(store.now() / REFRESH_MS));
  }

  protected override async ask(): Promise<Kept> {
    const [storage, sources, settlement] = await Promise.all([
      get<Schemas["StorageAnswer"]>("/storage"),
      get<SourceList>("/sources"),
      get<Settlement>("/settlement"),
    ]);
    return { storage, sources, settlement };
  }

  protected override render(): TemplateResult {
    return html`<h1>${this.words.storageTitle} <span class="subject">${this.words.storageSubject}</span></h1>${this.body()}`;
  }

  protected override filled({ storage, sources, settlement }: Kept): TemplateResult {
    const words = this.words;
    return html`<dl class="kept-in">
        ${this.#fact(words.databaseServer, `${storage.server} ${storage.version}`, "server")}
        ${this.#fact(words.databaseSize, bytes(storage.bytes), "size")}
        ${this.#spool(sources)}
        ${this.#fact(words.toBeSettled, exact(settlement.stages.reduce((sum, stage) => sum + stage.days, 0)), "settled")}
        ${this.#fact(words.toBeWritten, exact(sources.queue.waiting_rows), "queue")}
      </dl>
      <h2>${words.tablesTitle} <span class="subject">${words.tablesSubject}</span></h2>
      <table>
        <thead><tr><th scope="col">${words.tableName}</th><th scope="col" class="number">${words.tableRows}</th><th scope="col" class="number">${words.databaseSize}</th></tr></thead>
        <tbody>${storage.relations.map((one) => html`<tr><th scope="row">${one.name}</th><td class="number"><span class="digits">${exact(one.rows)}</span></td><td class="number"><span class="digits">${bytes(one.bytes)}</span></td></tr>`)}
          <tr><th scope="row">${words.otherTables}</th><td class="number"></td><td class="number"><span class="digits">${bytes(storage.other_bytes)}</span></td></tr></tbody>
      </table>`;
  }

  #spool({ spool }: SourceList): TemplateResult {
    const words = this.words;
    if (spool === null) return this.#fact(words.spoolName, words.noSpool, "spool");
    const state = spool.state === "full" ? words.spoolFullTitle : spool.rows > 0 ? words.spoolTitle : words.spoolEmpty;
    return html`<div data-fact="spool" class=${spool.state === "full" ? "level-bad" : ""}><dt>${words.spoolName}</dt>
      <dd>${state} <span class="unit">${words.spoolRoom(bytes(spool.bytes), bytes(spool.limit_bytes))}</span></dd>
      <dd><meter min="0" max=${spool.limit_bytes} .value=${spool.bytes} aria-label=${words.spoolName}></meter></dd></div>`;
  }

  #fact(name: string, value: string, code: string): TemplateResult {
    return html`<div data-fact=${code}><dt>${name}</dt><dd>${value}</dd></div>`;
  }
}

customElements.define("pw-storage", StoragePanel);
