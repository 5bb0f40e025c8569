/** The one event stream of this tab, watched for silence. */

import { STREAM, type Snapshot, type Update } from "../api.ts";

export interface Listener {
  snapshot(event: Snapshot): void;
  update(event: Update): void;
  alert(): void;
  lost(): void;
}

const SILENCE_MS = 20_000;
const RETRY_MS = 3_000;

export class LiveStream {
  #source: EventSource | null = null;
  #timer = 0;

  constructor(readonly listener: Listener) {}

  open(): void {
    this.close();
    const source = new EventSource(STREAM);
    this.#source = source;
    source.addEventListener("snapshot", (event) => this.#heard(() => this.listener.snapshot(read<Snapshot>(event))));
    source.addEventListener("update", (event) => this.#heard(() => this.listener.update(read<Update>(event))));
    source.addEventListener("alert", () => this.#heard(() => this.listener.alert()));
    source.addEventListener("error", () => this.#failed(source));
    this.#reopenAfter(SILENCE_MS);
  }

  close(): void {
    window.clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #heard(pass: () => void): void {
    this.#reopenAfter(SILENCE_MS);
    pass();
  }

  #failed(source: EventSource): void {
    this.listener.lost();
    // While CONNECTING the browser comes back by itself, with Last-Event-ID.
    if (source.readyState === EventSource.CLOSED) this.#reopenAfter(RETRY_MS);
  }

  #reopenAfter(ms: number): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#reopen(ms), ms);
  }

  #reopen(waited: number): void {
    if (waited === SILENCE_MS) this.listener.lost();
    this.open();
  }
}

function read<T>(event: MessageEvent<string>): T {
  return JSON.parse(event.data) as T;
}
