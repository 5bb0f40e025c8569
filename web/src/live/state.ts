/** The live picture of the park, put together from a snapshot and the updates that follow it. */

import type { AreaLive, Counts, MeterLive, ParkLive, Snapshot, Update } from "../api.ts";

export interface LiveState {
  epoch: string;
  sequence: number;
  /** The service's clock at the last event [ms since 1970]. */
  time: number;
  park: ParkLive;
  areas: ReadonlyMap<string, AreaLive>;
  meters: ReadonlyMap<string, MeterLive>;
  counts: Counts;
}

export function fromSnapshot(event: Snapshot): LiveState {
  return {
    epoch: event.epoch,
    sequence: event.sequence,
    time: Date.parse(event.time),
    park: event.park,
    areas: new Map(event.areas.map((row) => [row.area, row])),
    meters: new Map(event.meters.map((row) => [row.meter, row])),
    counts: event.counts,
  };
}

/** The picture after an update; a replayed or early one changes nothing. */
export function withUpdate(state: LiveState | null, event: Update): LiveState | null {
  if (state === null || event.sequence <= state.sequence) return state;
  return {
    epoch: state.epoch,
    sequence: event.sequence,
    time: Date.parse(event.time),
    park: event.park,
    areas: replaced(state.areas, event.areas, (row) => row.area),
    meters: replaced(state.meters, event.meters, (row) => row.meter),
    counts: event.counts,
  };
}

function replaced<T>(old: ReadonlyMap<string, T>, rows: readonly T[], key: (row: T) => string): ReadonlyMap<string, T> {
  if (rows.length === 0) return old;
  const next = new Map(old);
  for (const row of rows) next.set(key(row), row);
  return next;
}
