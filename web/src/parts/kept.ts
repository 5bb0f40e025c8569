/** Remembers the last result, so that a tick that changes nothing draws nothing. */

export function kept<A extends readonly unknown[], R>(make: (...values: A) => R): (...values: A) => R {
  let last: { values: A; result: R } | null = null;
  return (...values) => {
    if (last === null || values.some((value, i) => value !== last?.values[i])) last = { values, result: make(...values) };
    return last.result;
  };
}
