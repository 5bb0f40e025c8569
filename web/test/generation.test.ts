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

it.each([
  [-0.06, "Generation"],
  [-4.9, "Generation"],
  [-12, "Generation, drawing"],
])("generation of %s kW in MW", (power, word) => {
  expect(generationWord(power, wordsOf("en"), { unit: "MW", divisor: 1000, decimals: 2 })).toBe(word);
});
