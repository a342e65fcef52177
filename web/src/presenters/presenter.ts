// What a presenter does from one frame to the next: waits, comes closer when the recording runs, holds still in
// the oval, reflects the light or does not, leaves. It sees what a person sees, the page, and the server's oval.

import type { Challenge, Colour } from './challenge.ts';
import type { PresenterKind } from './kinds.ts';
import { createDelay, createLightMeter, otherOrder } from './light.ts';
import { approach, ovalPose, PORTRAIT_FACE, type Pose, type Size, startPose, sway } from './pose.ts';
import type { Painter } from './scene.ts';

/** Light needs about this long from the screen over the face into the camera's picture (ms). */
const LIGHT_LAG = 60;
/** How long one colour lasts in the recording that the replay shows (ms); the usual pace of the challenge. */
const REPLAY_STEP = 475;
/** How long it takes to walk out of the picture (ms). */
const LEAVING = 700;

/** Draws the next frame. `now` in ms, always growing. */
export type Presenter = (now: number) => void;

export function createPresenter(kind: PresenterKind, painter: Painter, frame: Size, challenge: () => Challenge | undefined): Presenter {
  const start = startPose(frame, PORTRAIT_FACE);
  const shown = createLightMeter();
  const delayed = createDelay<Colour | undefined>(LIGHT_LAG);
  let recordingSince: number | undefined;
  let matchingSince: number | undefined;
  let replay: { readonly since: number; readonly colours: readonly Colour[] } | undefined;

  function pose(now: number): Pose {
    const asked = challenge();
    if (recordingSince === undefined || asked === undefined || kind === 'nobody') return sway(start, now);
    return sway(approach(start, ovalPose(asked.oval, PORTRAIT_FACE), now - recordingSince), now);
  }

  /** The replay's colours start with the real ones, as an attacker would start the recording, and run on regardless. */
  function replayed(now: number, light: Colour | undefined): Colour | undefined {
    if (light === undefined) return undefined;
    replay ??= { since: now, colours: otherOrder(challenge()?.colours ?? [], Math.random) };
    return replay.colours[Math.floor((now - replay.since) / REPLAY_STEP)];
  }

  return (now) => {
    if (document.querySelector('.amplify-liveness-recording-icon') !== null) recordingSince ??= now;
    if (document.querySelector('.amplify-liveness-match-indicator') !== null) matchingSince ??= now;
    const light = delayed(now, shown());
    switch (kind) {
      case 'live':
        return painter.person(pose(now), light);
      case 'photo':
        return painter.print(pose(now));
      case 'replay':
        return painter.screen(pose(now), replayed(now, light));
      case 'nobody': {
        // Somebody has to be there first: without a face the component never begins to record.
        const gone = matchingSince === undefined ? 0 : (now - matchingSince) / LEAVING;
        if (gone >= 1) return painter.room();
        const { x, y, scale } = pose(now);
        return painter.person({ x: x + gone * gone * 2 * frame.width, y, scale }, light);
      }
    }
  };
}
