import { expect, it } from "vitest";
import { wordsOf } from "../src/i18n/words.ts";
import { generationWord, sized } from "../src/live/generation.ts";

it.each([
  [-0.06, "Generation, drawing", 0.06],
  [0, "Generation", 0],
  [63.6, "Generation", 63.6],
  [null, "Generation", null],
])("generation of %s kW", (power, word, shown) => {
  expect([generationWord(power, wordsOf("en")), sized(power)]).toEqual([word, shown]);
});
