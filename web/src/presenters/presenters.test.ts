import { describe, expect, it } from 'vitest';
import { type Colour, readChallenge } from './challenge.ts';
import { agreement, createDelay, meanColour, otherOrder } from './light.ts';
import { closeness, FACE_OF_BUNDLED, faceCentre, ocularWidth, onTheWay, ovalPose, settled, startPose } from './pose.ts';

const FRAME = { width: 480, height: 360 };

/** A frame of the event stream around `payload`; the checksums are left zero, because a listener does not verify. */
function frame(payload: unknown): ArrayBuffer {
  const body = new TextEncoder().encode(JSON.stringify(payload));
  const headers = new TextEncoder().encode('\u000b:event-type');
  const bytes = new Uint8Array(16 + headers.length + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(4, headers.length);
  bytes.set(headers, 12);
  bytes.set(body, 12 + headers.length);
  return bytes.buffer;
}

describe('the challenge', () => {
  const OvalParameters = { Width: 190.5, Height: 308.2, CenterX: 236, CenterY: 181 };
  const session = (challenge: unknown) => frame({ SessionInformation: { Challenge: challenge } });

  it('is read with and without colours', () => {
    const oval = { width: 190.5, height: 308.2, centreX: 236, centreY: 181 };
    expect(readChallenge(session({ FaceMovementChallenge: { OvalParameters } }))).toEqual({ oval, colours: [] });
    const ColorSequences = [{ FreshnessColor: { RGB: [0, 0, 0] } }, { FreshnessColor: { RGB: [255, 0, 255] } }];
    expect(readChallenge(session({ FaceMovementAndLightChallenge: { OvalParameters, ColorSequences } }))?.colours).toEqual([
      [0, 0, 0],
      [1, 0, 1],
    ]);
  });

  it.each([
    ['another event', frame({ TimestampMillis: 1 })],
    ['an oval of nothing', session({ FaceMovementChallenge: { OvalParameters: { ...OvalParameters, Width: 0 } } })],
    ['a few bytes', new ArrayBuffer(5)],
    ['lengths that lie', new Uint8Array(40).fill(255).buffer],
  ])('is not seen in %s', (_name, message) => {
    expect(readChallenge(message)).toBeUndefined();
  });
});

describe('the pose', () => {
  const oval = { centreX: 230, centreY: 190, width: 194, height: 314 };

  it('starts far enough away for the detector to begin', () => {
    const { scale } = startPose(FRAME, FACE_OF_BUNDLED);
    const staticOval = 0.8 * 0.75 * FRAME.height;
    expect((ocularWidth(FACE_OF_BUNDLED) * scale) / 2 / staticOval).toBeLessThan(0.3);
  });

  it('starts with the portrait covering the whole picture', () => {
    const { x, y, scale } = startPose(FRAME, FACE_OF_BUNDLED);
    const [faceX, faceY] = faceCentre(FACE_OF_BUNDLED);
    expect(x - faceX * scale).toBeLessThan(0);
    expect(y - faceY * scale).toBeLessThan(0);
    expect(x + (470 - faceX) * scale).toBeGreaterThan(FRAME.width);
    expect(y + (352 - faceY) * scale).toBeGreaterThan(FRAME.height);
  });

  it('fills the oval at the end of the way', () => {
    const [from, to] = [startPose(FRAME, FACE_OF_BUNDLED), ovalPose(oval, FACE_OF_BUNDLED)];
    expect(onTheWay(from, to, 0)).toEqual(from);
    expect(onTheWay(from, to, 1)).toEqual(to);
    expect(ocularWidth(FACE_OF_BUNDLED) * to.scale).toBeCloseTo(oval.width);
  });

  it('comes closer steadily, and gets there within the ten seconds of the challenge', () => {
    const way = Array.from({ length: 200 }, (_, at) => closeness(at * 50));
    expect(way[0]).toBe(0);
    expect(way.at(-1)).toBe(1);
    expect(way.every((share, at) => at === 0 || share >= (way[at - 1] ?? 0))).toBe(true);
  });

  it('settles from where it is when it is told to hold still', () => {
    expect(settled(0.4, 0)).toBe(0.4);
    expect(settled(0.4, 400)).toBeCloseTo(0.7);
    expect(settled(0.4, 5_000)).toBe(1);
  });
});

describe('light', () => {
  it('is the mean of what is shown, weighted by opacity', () => {
    expect(meanColour([255, 0, 0, 200, 0, 0, 255, 200])).toEqual([0.5, 0, 0.5]);
    expect(meanColour([255, 255, 255, 0, 0, 255, 0, 255])).toEqual([0, 1, 0]);
    expect(meanColour([])).toEqual([0, 0, 0]);
  });

  it('arrives late', () => {
    const delay = createDelay<string>(60);
    expect([delay(0, 'a'), delay(33, 'b'), delay(66, 'c'), delay(99, 'd'), delay(200, 'e')]).toEqual([undefined, undefined, 'a', 'b', 'd']);
  });
});

describe('the colours of a replay', () => {
  const palette: readonly Colour[] = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [1, 1, 0],
    [1, 0, 1],
  ];
  /** A small generator with a seed, so that a failure can be repeated. */
  const seeded = (seed: number) => (): number => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return seed / 2 ** 32;
  };

  it('are never the ones asked for, allowing for lag', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = seeded(seed);
      const drawn = Array.from({ length: 7 }, () => palette[Math.floor(random() * palette.length)]).filter(
        (colour) => colour !== undefined,
      );
      const asked: readonly Colour[] = [[0, 0, 0], ...drawn];
      const shown = otherOrder(asked, random);
      expect(shown).toHaveLength(asked.length);
      expect(Math.max(...[-1, 0, 1].map((shift) => agreement(asked, shown, shift)))).toBeLessThanOrEqual(1);
      expect(shown.some((colour, at) => at > 0 && colour === shown[at - 1])).toBe(false);
    }
  });

  it('are none when none are asked for', () => {
    expect(otherOrder([], () => 0.5)).toEqual([]);
  });
});
