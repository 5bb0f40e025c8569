/** <pw-comparison>: the utility's bill beside ours. */

import { html, nothing, type TemplateResult } from "lit";
import { post } from "../api.ts";
import { fixed, NONE } from "../numbers.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import type { Bill, BillLine, Comparison } from "./answers.ts";
import { said } from "./said.ts";
import { refused } from "../parts/refused.ts";

const OF_DEMAND = ["demand", "excess"];

class ComparisonPanel extends View {
  static override properties = { bill: { attribute: false }, month: { attribute: false }, currency: { attribute: false } };
  declare bill: Bill | null;
  declare month: string;
  declare currency: string;
  #found: Comparison | null = null;
  #problem = "";

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("month") || (changed.has("bill") && this.#found && (changed.get("bill") as Bill | null)?.area !== this.bill?.area)) this.#found = null;
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<h2>${words.comparison} <span class="subject">${words.comparisonSubject}</span></h2>
      ${this.bill === null || this.bill.lines.length === 0
        ? html`<p class="empty">${words.noBillLines}</p>`
        : html`${this.#form(this.bill)} ${this.#found ? this.#result(this.#found) : nothing}`}`;
  }

  #form(bill: Bill): TemplateResult {
    const words = this.words;
    return html`<form class="entry" @submit=${this.#submit}>
      <label>${words.documentNumber}<input name="document" required maxlength="200" autocomplete="off" /></label>
      <label>${words.theirTotal}<input name="total" inputmode="decimal" pattern="-?[0-9]+(\\.[0-9]+)?" autocomplete="off" /></label>
      <fieldset>
        <legend>${words.theirLines(this.currency)}</legend>
        ${merged(bill.lines).map((line) => html`<label>${this.name(line.name, line.code)}<input name=${`${line.kind}|${OF_DEMAND.includes(line.kind) ? "" : line.code}`} inputmode="decimal" pattern="-?[0-9]+(\\.[0-9]+)?" autocomplete="off" /></label>`)}
      </fieldset>
      <button class="primary" type="submit">${words.compare}</button>
      ${this.#problem ? html`<p class="wrong" role="alert">${this.#problem}</p>` : nothing}
    </form>`;
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const read = (name: string): string => String(form.get(name) ?? "").trim();
    const lines = [...form.keys()].filter((name) => name.includes("|") && read(name) !== "").map((name) => {
      const [kind, code] = name.split("|");
      return { kind, code, amount: read(name) };
    });
    if (lines.length === 0) {
      this.#problem = this.words.noLineGiven;
    } else {
      await this.#ask({ month: this.month, area: this.bill?.area, document: read("document"), total: read("total") || null, lines });
    }
    this.requestUpdate();
  };

  async #ask(body: unknown): Promise<void> {
    try {
      [this.#found, this.#problem] = [await post<Comparison>("/bill/comparison", body), ""];
    } catch (error) {
      this.#problem = refused(error, this.words);
    }
  }

  #result(found: Comparison): TemplateResult {
    const words = this.words;
    const off = found.lines.filter((line) => !line.agrees).length;
    return html`<p class="verdict ${off === 0 && Number(found.difference) === 0 ? "good" : "low"}" role="status">
        ${off === 0 && Number(found.difference) === 0 ? `✓ ${words.allAgree}` : words.differ(String(off), found.difference === null ? NONE : fixed(Number(found.difference), 2), found.currency)}
      </p>
      <div class="scroll" tabindex="0" role="region" aria-label=${words.comparison}>
        <table class="cards">
          <thead><tr><th scope="col">${words.billLine}</th><th scope="col" class="number">${words.theirs}</th><th scope="col" class="number">${words.ours}</th>
            <th scope="col" class="number">${words.difference}</th><th scope="col">${words.because}</th></tr></thead>
          <tbody>${found.lines.map((line) => html`<tr>
              <th scope="row">${line.agrees ? html`<span class="good" aria-label=${words.agrees}>✓</span>` : html`<span class="low" aria-label=${words.differs}>≠</span>`} ${this.name(line.name, line.code)}</th>
              <td class="number" data-label=${words.theirs}>${money(line.theirs?.amount)}</td>
              <td class="number" data-label=${words.ours}>${money(line.ours?.amount)}</td>
              <td class="number" data-label=${words.difference}>${money(line.amount)}</td>
              <td class="why-cell" data-label=${words.because}>${said(line.reasons, store.route.language)}</td>
            </tr>`)}
            <tr><th scope="row"><strong>${words.total}</strong></th><td class="number" data-label=${words.theirs}>${money(found.theirs)}</td>
              <td class="number" data-label=${words.ours}>${money(found.ours)}</td><td class="number" data-label=${words.difference}>${money(found.difference)}</td><td></td></tr>
          </tbody>
        </table>
      </div>
      ${Number(found.theirs) !== Number(found.sum_of_their_lines) ? html`<p class="low">${words.theirSum(fixed(Number(found.sum_of_their_lines), 2), fixed(Number(found.theirs), 2))}</p>` : nothing}`;
  }
}

function money(text: string | null | undefined): string {
  return text === null || text === undefined ? NONE : fixed(Number(text), 2);
}

/** One of each kind and code, as the service compares them. */
function merged(lines: readonly BillLine[]): BillLine[] {
  return [...new Map(lines.map((line) => [`${line.kind}|${OF_DEMAND.includes(line.kind) ? "" : line.code}`, line])).values()];
}

customElements.define("pw-comparison", ComparisonPanel);
