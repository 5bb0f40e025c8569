/** Two short tones when one more alert is open; off until somebody wants them, and kept by the browser. */

const KEPT = "parkwatt-chime";
const TONES = [880, 660];
const TONE_S = 0.18;
const LOUD = 0.15;
let context: AudioContext | null = null;

export function chimes(): boolean {
  return localStorage.getItem(KEPT) === "on";
}

/** Switched on by a person's hand, it sounds once: browsers let nothing else begin. */
export function chimeOn(on: boolean): void {
  localStorage.setItem(KEPT, on ? "on" : "off");
  if (on) chime();
}

export function chime(): void {
  if (!chimes()) return;
  context ??= new AudioContext();
  const begin = context.currentTime;
  TONES.forEach((pitch, at) => tone(context as AudioContext, pitch, begin + at * TONE_S));
  void context.resume();
}

function tone(sounding: AudioContext, pitch: number, begin: number): void {
  const [source, gain] = [sounding.createOscillator(), sounding.createGain()];
  source.frequency.value = pitch;
  gain.gain.setValueAtTime(LOUD, begin);
  gain.gain.exponentialRampToValueAtTime(0.001, begin + TONE_S);
  source.connect(gain).connect(sounding.destination);
  source.start(begin);
  source.stop(begin + TONE_S);
}
