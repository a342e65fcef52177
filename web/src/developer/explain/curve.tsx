// The displayed against the measured colours, as a picture: two bands of colour, and below them a curve for each of the two ratios that
// the engine compares. Where the solid line follows the dashed one, the skin reflected what the screen showed.

import { mostOf, pathOf } from './curve-path.ts';
import type { Explanation, Point, Rgb } from './explanation.ts';
import { explainTexts as words } from './texts.ts';

const WIDTH = 640;
const BAND = 18;
const LINE = 76;
const GAP = 8;

const CHANNELS = [0, 1] as const;

export function Curve({ light }: { readonly light: NonNullable<Explanation['light']> }) {
  const { points } = light;
  const times = points.map((point) => point.atMs);
  const most = mostOf(...CHANNELS.flatMap((channel) => [along(points, 'expected', channel), along(points, 'measured', channel)]));
  const top = 2 * (BAND + GAP);
  return (
    <figure className="explain-curve">
      <svg viewBox={`0 0 ${WIDTH} ${top + 2 * (LINE + GAP)}`} role="img" aria-label={words.curve(light.delayMs)}>
        <Band points={points} colour="displayed" y={0} />
        <Band points={points} colour="skin" y={BAND + GAP} />
        {CHANNELS.map((channel) => (
          <g key={channel} transform={`translate(0 ${top + channel * (LINE + GAP)})`}>
            <rect className="explain-field" width={WIDTH} height={LINE} rx="4" />
            <path className="explain-expected" d={pathOf(times, along(points, 'expected', channel), most, WIDTH, LINE)} />
            <path
              className={channel === 0 ? 'explain-red' : 'explain-blue'}
              d={pathOf(times, along(points, 'measured', channel), most, WIDTH, LINE)}
            />
            <text x="8" y="16">
              {words.channels[channel]}
            </text>
          </g>
        ))}
        <text x="8" y={BAND - 5} className="explain-on-colour">
          {words.displayed}
        </text>
        <text x="8" y={2 * BAND + GAP - 5} className="explain-on-colour">
          {words.skin}
        </text>
      </svg>
      <figcaption>{words.curve(light.delayMs)}</figcaption>
    </figure>
  );
}

function along(points: readonly Point[], of: 'expected' | 'measured', channel: 0 | 1): readonly number[] {
  return points.map((point) => point[of][channel]);
}

function Band({ points, colour, y }: { readonly points: readonly Point[]; readonly colour: 'displayed' | 'skin'; readonly y: number }) {
  const first = points[0]?.atMs ?? 0;
  const span = Math.max((points.at(-1)?.atMs ?? 0) - first, 1);
  const x = (at: number): number => ((at - first) / span) * WIDTH;
  return (
    <>
      {points.map((point, at) => {
        const end = points[at + 1]?.atMs ?? point.atMs;
        // Half a pixel more, or the seams between the parts would show.
        return (
          <rect key={point.atMs} x={x(point.atMs)} y={y} width={x(end) - x(point.atMs) + 0.5} height={BAND} fill={css(point[colour])} />
        );
      })}
    </>
  );
}

function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}
