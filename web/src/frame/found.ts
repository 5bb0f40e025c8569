/** What a few typed letters mean: names and codes that hold every word, those that begin with one first. */

export interface Entry {
  /** In every language, and the code. */
  texts: readonly string[];
}

/** At most `most`; in the order they came where they match alike. */
export function found<T extends Entry>(typed: string, entries: readonly T[], most: number): T[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const ranked = entries
    .map((entry, place) => ({ entry, place, rank: rankOf(words, entry.texts.map((text) => text.toLowerCase())) }))
    .filter((one) => one.rank < Infinity);
  return ranked.sort((a, b) => a.rank - b.rank || a.place - b.place).slice(0, most).map((one) => one.entry);
}

/** The sum over the words: 0 where a text begins with it, 1 where one of its words does, 2 where it stands inside. */
function rankOf(words: readonly string[], texts: readonly string[]): number {
  return words.reduce((sum, word) => sum + Math.min(...texts.map((text) => placeOf(word, text))), 0);
}

function placeOf(word: string, text: string): number {
  const at = text.indexOf(word);
  if (at === 0) return 0;
  if (at < 0) return Infinity;
  return text.includes(` ${word}`) ? 1 : 2;
}
