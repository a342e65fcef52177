// Where the lines of a curve run: from values over time to the path of an SVG.

/** A path through the values, which fill a box of that size from -most at its lower edge to +most at its upper. */
export function pathOf(times: readonly number[], values: readonly number[], most: number, width: number, height: number): string {
  const first = times[0] ?? 0;
  const span = Math.max((times[times.length - 1] ?? 0) - first, 1);
  const place = (time: number, value: number): string => {
    const x = ((time - first) / span) * width;
    const y = (0.5 - Math.max(-1, Math.min(1, value / most)) / 2) * height;
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  };
  return times.map((time, at) => `${at === 0 ? 'M' : 'L'}${place(time, values[at] ?? 0)}`).join('');
}

/** Noise alone is not blown up to the height of the box. */
const LEAST = 0.05;

/** The largest distance from 0, or what noise has. */
export function mostOf(...rows: readonly (readonly number[])[]): number {
  return rows.flat().reduce((most, value) => Math.max(most, Math.abs(value)), LEAST);
}
