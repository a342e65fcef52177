// What a presenter does from one frame to the next: waits, comes closer when the recording runs, holds still in
// the oval, reflects the light or does not, leaves. It sees what a person sees, the page, and the server's oval.

import type { Challenge, Colour } from './challenge.ts';
import type { PresenterKind } from './kinds.ts';
import { createDelay, createLightMeter, otherOrder } from './light.ts';
import { closeness, type Face, onTheWay, ovalPose, type Pose, type Size, settled, startPose, sway } from './pose.ts';
import type { Painter } from './scene.ts';

/** Light needs about this long from the screen over the face into the camera's picture (ms). */
const LIGHT_LAG = 60;
/** How long one colour lasts in the recording that the replay shows (ms); the usual pace of the challenge. */
const REPLAY_STEP = 475;
/** How long it takes to walk out of the picture (ms). */
const LEAVING = 700;

/** Draws the next frame. `now` in ms, always growing. */
export type Presenter = (now: number) => void;

interface Stage {
  readonly painter: Painter;
  readonly frame: Size;
  readonly face: Face;
  readonly challenge: () => Challenge | undefined;
}

export function createPresenter(kind: PresenterKind, { painter, frame, face, challenge }: Stage): Presenter {
  const start = startPose(frame, face);
  const shown = createLightMeter();
  const delayed = createDelay<Colour | undefined>(LIGHT_LAG);
  const seen: Seen = {};
  let replay: { readonly since: number; readonly colours: readonly Colour[] } | undefined;

  function pose(now: number): Pose {
    const asked = challenge();
    if (seen.recording === undefined || asked === undefined || kind === 'nobody') return sway(start, now);
    const { recording, holding } = seen;
    const share = holding === undefined ? closeness(now - recording) : settled(closeness(holding - recording), now - holding);
    return sway(onTheWay(start, ovalPose(asked.oval, face), share), now);
  }

  /** The replay's colours start with the real ones, as an attacker would start the recording, and run on regardless. */
  function replayed(now: number, light: Colour | undefined): Colour | undefined {
    if (light === undefined) return undefined;
    replay ??= { since: now, colours: otherOrder(challenge()?.colours ?? [], Math.random) };
    return replay.colours[Math.floor((now - replay.since) / REPLAY_STEP)];
  }

  return (now) => {
    look(seen, now);
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
        const gone = seen.matching === undefined ? 0 : (now - seen.matching) / LEAVING;
        if (gone >= 1) return painter.room();
        const { x, y, scale } = pose(now);
        return painter.person({ x: x + gone * gone * 2 * frame.width, y, scale }, light);
      }
    }
  };
}

/** What the page has shown so far, and since when (ms): it records, it measures how well the face fits, it says to hold still. */
interface Seen {
  recording?: number;
  matching?: number;
  holding?: number;
}

function look(seen: Seen, now: number): void {
  if (document.querySelector('.amplify-liveness-recording-icon') === null) return;
  seen.recording ??= now;
  // The indicator of the fit is there only while the face has still to come closer.
  if (document.querySelector('.amplify-liveness-match-indicator') !== null) seen.matching ??= now;
  else if (seen.matching !== undefined) seen.holding ??= now;
}
