/** What the page knows: the site, its meters, the live picture and how it stands with the service. */

import type { Door } from "./account/answers.ts";
import { ApiError, get, send, type Meter, type Site, type Snapshot, type Update } from "./api.ts";
import { lookedAt } from "./areas.ts";
import { outdated } from "./frame/build.ts";
import { Firing } from "./frame/firing.ts";
import { fromSnapshot, withUpdate, type LiveState } from "./live/state.ts";
import { LiveStream } from "./live/stream.ts";
import { Trail } from "./live/trail.ts";
import { Usual } from "./live/usual.ts";
import { href, parse, type Route } from "./route.ts";
import { keepClock } from "./time.ts";

export type Phase = "starting" | "running" | "sign-in" | "no-site" | "unreachable" | "refused";

export interface Connection {
  state: "connecting" | "live" | "lost";
  /** The service's clock when it was last heard [ms]; null before the first event. */
  since: number | null;
}

const RETRY_MS = 4_000;
const GATHER_MS = 300;
const PATIENCE_MS = 300;

class Store extends EventTarget {
  route: Route = parse(new URL(location.href), navigator.languages);
  phase: Phase = "starting";
  /** Until the first answers came, or let the user wait. */
  opened: Promise<void> = Promise.resolve();
  problem = "";
  /** Who is let in and who asks; null before the service was asked. */
  door: Door | null = null;
  site: Site | null = null;
  meters: ReadonlyMap<string, Meter> = new Map();
  live: LiveState | null = null;
  connection: Connection = { state: "connecting", since: null };
  /** Counts what was heard of alerts; 0 before the first event. */
  alertsTurn = 0;
  /** The service has another build of this page by now. */
  outdated = false;
  #epoch = "";
  #alerting = 0;
  #retry = 0;
  readonly trail = new Trail();
  readonly usual = new Usual(() => this.stirred());
  readonly firing = new Firing(() => this.stirred());
  readonly #stream = new LiveStream({
    snapshot: (event) => this.#snapshot(event),
    update: (event) => this.#update(event),
    alert: () => this.alerted(),
    lost: () => this.#lost(),
  });

  /** Resolves with the first answers, or once they have let the user wait. */
  start(): void {
    window.addEventListener("popstate", () => this.#routed(parse(new URL(location.href), navigator.languages)));
    this.opened = Promise.race([this.load(), new Promise<void>((done) => setTimeout(done, PATIENCE_MS))]);
  }

  /** Asks for site and meters until the service has them, then opens the stream. */
  async load(): Promise<void> {
    window.clearTimeout(this.#retry);
    try {
      this.door = await this.#known();
      if (this.door.asks && this.door.who === null) return this.#shut();
      const [, first] = await Promise.all([this.#describe(), this.#picture()]);
      if (first) this.#snapshot(first);
      this.#enter("running");
      if (may("see-live")) this.#stream.open();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Who is let in; a wall comes in by the key in its address, again and again. */
  async #known(): Promise<Door> {
    const door = await get<Door>("/session");
    const key = /^#key=(\S+)$/.exec(location.hash)?.[1];
    if (!door.asks || door.who || !key) return door;
    await send("/session", { token: key });
    return get<Door>("/session");
  }

  /** Nobody is signed in: what was shown goes away. */
  #shut(): void {
    this.#stream.close();
    [this.site, this.live, this.meters] = [null, null, new Map()];
    this.connection = { state: "connecting", since: null };
    this.#enter("sign-in");
  }

  async #describe(): Promise<void> {
    const [site, meters] = await Promise.all([get<Site>("/site"), get<{ meters: Meter[] }>("/meters")]);
    this.site = site;
    keepClock(site.zone, site.clock);
    this.route = this.#own(this.route);
    this.meters = new Map(meters.meters.map((meter) => [meter.code, meter]));
  }

  /** The first picture comes with the page, before a stream can; null where there is none yet. */
  async #picture(): Promise<Snapshot | null> {
    if (this.live !== null || !may("see-live")) return null;
    return get<Snapshot>("/live").catch(() => null);
  }

  go(change: Partial<Route>, replace = false): void {
    const route = this.#own({ ...this.route, ...change });
    const address = href(route);
    if (replace) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    this.#routed(route);
  }

  /** Changes the theme for the moment: the address keeps the chosen one. */
  shine(theme: Route["theme"]): void {
    this.#routed({ ...this.route, theme });
  }

  follow(address: string): void {
    this.go(parse(new URL(address), navigator.languages));
  }

  /** Milliseconds by the service's clock; what this computer believes does not matter. */
  now(): number {
    return this.live ? this.live.time : Date.now();
  }

  #routed(route: Route): void {
    this.route = this.#own(route);
    this.stirred();
  }

  #own(route: Route): Route {
    return this.site ? { ...route, area: lookedAt(this.site.areas, route.area) } : route;
  }

  #snapshot(event: Snapshot): void {
    const restarted = this.#epoch !== "" && this.#epoch !== event.epoch;
    this.#epoch = event.epoch;
    this.live = fromSnapshot(event);
    this.#heard(event);
    this.alerted();
    if (restarted) void Promise.all([this.renew(), this.compare()]);
  }

  /** A wall has nobody who would load it again. */
  async compare(): Promise<void> {
    this.outdated = await outdated();
    if (this.outdated && this.route.wall) location.reload();
    this.stirred();
  }

  /** The park may be another one: after a restart of the service, or because somebody added to it. */
  async renew(): Promise<void> {
    try {
      await this.#describe();
      this.stirred();
    } catch (error) {
      this.#failed(error);
    }
  }

  #update(event: Update): void {
    this.live = withUpdate(this.live, event);
    this.#heard(event);
  }

  #heard(event: Update): void {
    for (const row of event.meters) {
      if (row.state === "live" && row.time) this.trail.add(row.meter, Date.parse(row.time), row.power_kw);
    }
    this.connection = { state: "live", since: Date.parse(event.time) };
    this.stirred();
  }

  /** Something happened to alerts; what happens within a moment is told once. */
  alerted(): void {
    if (this.#alerting !== 0) return;
    this.#alerting = window.setTimeout(() => {
      this.#alerting = 0;
      this.alertsTurn++;
      void this.firing.ask();
      this.stirred();
    }, GATHER_MS);
  }

  #lost(): void {
    if (this.connection.state === "lost") return;
    this.connection = { ...this.connection, state: "lost" };
    this.stirred();
    void this.#ask();
  }

  /** A stream cannot tell why it was refused; a plain request can. */
  async #ask(): Promise<void> {
    try {
      await get<Site>("/site");
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) void this.load();
    }
  }

  #failed(error: unknown): void {
    const status = error instanceof ApiError ? error.status : 0;
    if (status === 401) return this.#shut();
    this.problem = error instanceof ApiError ? error.message : "";
    this.#enter(status === 404 ? "no-site" : status === 0 ? "unreachable" : "refused");
    this.#stream.close();
    window.clearTimeout(this.#retry);
    this.#retry = window.setTimeout(() => void this.load(), RETRY_MS);
  }

  #enter(phase: Phase): void {
    this.phase = phase;
    this.stirred();
  }

  /** Whoever draws draws again. */
  stirred(): void {
    this.dispatchEvent(new Event("change"));
  }
}

export const store = new Store();

/** Whether whoever asks is let in for the whole park. */
export function wholePark(): boolean {
  return store.door?.who?.areas === null;
}

/** Whether whoever asks may this, by the table of permissions. */
export function may(permission: string): boolean {
  return store.door?.who?.permissions.includes(permission) ?? false;
}
