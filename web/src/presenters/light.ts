// The light that falls on a face: what the screen shows at the moment, as a face in front of it would see it,
// and the colours of another check for the replay.

import type { Colour } from './challenge.ts';

const ROWS = 24;

/** A reader of the colour that the screen shows now; undefined while no colours are shown. */
export function createLightMeter(): () => Colour | undefined {
  const probe = document.createElement('canvas');
  probe.width = 1;
  probe.height = ROWS;
  const context = probe.getContext('2d', { willReadFrequently: true });
  return () => {
    const shown = document.querySelector<HTMLCanvasElement>('canvas.amplify-liveness-freshness-canvas');
    if (context === null || shown === null || shown.style.display !== 'block' || shown.width === 0) return undefined;
    context.clearRect(0, 0, 1, ROWS);
    context.drawImage(shown, 0, 0, 1, ROWS);
    return meanColour(context.getImageData(0, 0, 1, ROWS).data);
  };
}

/** The mean of RGBA pixels, weighted by their opacity: new colour above and old one below mix as light does. */
export function meanColour(rgba: ArrayLike<number>): Colour {
  let [red, green, blue, weight] = [0, 0, 0, 0];
  for (let at = 0; at + 3 < rgba.length; at += 4) {
    const alpha = rgba[at + 3] ?? 0;
    red += (rgba[at] ?? 0) * alpha;
    green += (rgba[at + 1] ?? 0) * alpha;
    blue += (rgba[at + 2] ?? 0) * alpha;
    weight += alpha * 255;
  }
  return weight === 0 ? [0, 0, 0] : [red / weight, green / weight, blue / weight];
}

/** Hands a value back `delay` ms after it was put in: screen, camera and skin are not instant. */
export function createDelay<Value>(delay: number): (now: number, value: Value) => Value | undefined {
  const waiting: { readonly due: number; readonly value: Value }[] = [];
  let current: Value | undefined;
  return (now, value) => {
    waiting.push({ due: now + delay, value });
    while (waiting[0] !== undefined && waiting[0].due <= now) current = waiting.shift()?.value;
    return current;
  };
}

const PALETTE: readonly Colour[] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [1, 1, 0],
  [1, 0, 1],
];

const same = (a: Colour | undefined, b: Colour | undefined): boolean =>
  a !== undefined && b !== undefined && a[0] === b[0] && a[1] === b[1] && a[2] === b[2];

/** How many places agree when `candidate` is shown `shift` places late. */
export function agreement(asked: readonly Colour[], candidate: readonly Colour[], shift: number): number {
  return candidate.filter((colour, at) => same(colour, asked[at + shift])).length;
}

/**
 * The colours of some other check: as long as the one asked for, neighbours different, and unlike it even when
 * a viewer allows for lag. `random` yields numbers in [0, 1).
 */
export function otherOrder(asked: readonly Colour[], random: () => number): readonly Colour[] {
  let best: readonly Colour[] = [];
  let fewest = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 200 && fewest > 0; tries += 1) {
    const candidate = drawOrder(asked.length, random);
    const agreeing = Math.max(...[-1, 0, 1].map((shift) => agreement(asked, candidate, shift)));
    if (agreeing < fewest) [best, fewest] = [candidate, agreeing];
  }
  return best;
}

function drawOrder(length: number, random: () => number): readonly Colour[] {
  const order: Colour[] = [];
  while (order.length < length) {
    const colour = PALETTE[Math.floor(random() * PALETTE.length)];
    if (colour !== undefined && !same(colour, order.at(-1))) order.push(colour);
  }
  return order;
}
