/** Which rows of a long table are in sight; a row that left may be one that another meter stands in later. */

const SETTLED_MS = 200;

export class Sight {
  readonly #here = new Set<HTMLElement>();
  readonly #observer: IntersectionObserver;
  #timer = 0;

  /** `told` hears of rows once scrolling rests for a moment. */
  constructor(told: () => void) {
    this.#observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) this.#here.add(target as HTMLElement);
        else this.#here.delete(target as HTMLElement);
      }
      window.clearTimeout(this.#timer);
      this.#timer = window.setTimeout(told, SETTLED_MS);
    });
  }

  watch(rows: Iterable<HTMLElement>): void {
    for (const row of rows) this.#observer.observe(row);
  }

  has(row: HTMLElement): boolean {
    return this.#here.has(row);
  }

  close(): void {
    window.clearTimeout(this.#timer);
    this.#observer.disconnect();
    this.#here.clear();
  }
}
