import { expect, it } from "vitest";
import { bytes } from "../src/parts/bytes.ts";

it.each([
  [0, "0 B"],
  [900, "900 B"],
  [1024, "1 KiB"],
  [210_944, "206 KiB"],
  [2 ** 30, "1 GiB"],
])("%d bytes are written %s", (amount, text) => expect(bytes(amount).replaceAll("\u00a0", " ").replace(".0 ", " ")).toBe(text));
