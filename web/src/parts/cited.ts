/** What a figure rests on, as its publisher is cited: addresses in it become links, named by their hosts. */

import { html, type TemplateResult } from "lit";

const ADDRESS = /https?:\/\/[^\s"'<>()（）；，。]+[^\s"'<>()（）；，。.,;:]/g;

export interface Piece {
  text: string;
  href?: string;
}

export function piecesOf(source: string): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const { 0: href, index } of source.matchAll(ADDRESS)) {
    if (!URL.canParse(href)) continue;
    pieces.push({ text: source.slice(done, index) }, { text: new URL(href).hostname.replace(/^www\./, ""), href });
    done = index + href.length;
  }
  return [...pieces, { text: source.slice(done) }].filter((piece) => piece.text !== "");
}

export function cited(source: string): TemplateResult {
  return html`${piecesOf(source).map(({ text, href }) => (href ? html`<a class="cited" href=${href} title=${href} target="_blank" rel="noopener noreferrer">${text} <span aria-hidden="true">↗</span></a>` : text))}`;
}
