// Where the portrait is in the camera picture, and how it moves. The detector measures a face by its "ocular
// width", (2 x distance of the pupils + 1.8 x eyes to mouth) / 2, and centres it between eyes and nose; the same
// measure here puts the face exactly into the oval that the server asked for.

import type { Oval } from './challenge.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The centre of the face in the camera picture (px) and the magnification of the portrait. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

type Point = readonly [x: number, y: number];

export interface Face {
  readonly leftEye: Point;
  readonly rightEye: Point;
  readonly nose: Point;
  readonly mouth: Point;
}

/** The face in `portrait.jpg`, px. */
export const FACE_OF_BUNDLED: Face = { leftEye: [203.8, 100.8], rightEye: [247, 102.8], nose: [225.5, 125], mouth: [223.8, 145] };

const between = (a: Point, b: Point): Point => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
const distance = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

export function ocularWidth(face: Face): number {
  const eyes = between(face.leftEye, face.rightEye);
  return (2 * distance(face.leftEye, face.rightEye) + 1.8 * distance(eyes, face.mouth)) / 2;
}

export function faceCentre(face: Face): Point {
  return between(between(face.leftEye, face.rightEye), face.nose);
}

/**
 * Far enough to begin: the detector wants half the ocular width below 0.32 of its static oval, whose width is
 * 0.8 x 0.75 of the frame's height. Most people sit further away than that, and only who does can come closer.
 */
export function startPose(frame: Size, face: Face): Pose {
  const staticOval = 0.8 * 0.75 * frame.height;
  return { x: frame.width / 2, y: 0.33 * frame.height, scale: (2 * 0.207 * staticOval) / ocularWidth(face) };
}

/** Filling the oval. The oval is in px of the un-mirrored camera picture, as is the canvas. */
export function ovalPose(oval: Oval, face: Face): Pose {
  return { x: oval.centreX, y: oval.centreY, scale: oval.width / ocularWidth(face) };
}

/** A moment of stillness, a lean forward over this share of the way, then inching on: ms, and share of the way per ms. */
const STILL = 700;
const LEANING = 1_000;
const LEAN = 0.3;
const INCHING = 0.09 / 1_000;
/** How long it takes to settle fully into the oval once the page says to hold still (ms). */
const SETTLING = 800;

/**
 * How much of the way is done `elapsed` ms after the recording began, 0 to 1. The last part is slow, as of someone
 * who watches the indicator: without lights the component stops recording at the very moment the face fits, a busy
 * machine loses the last frames, and what is lost should be a small part of the way.
 */
export function closeness(elapsed: number): number {
  const leaning = Math.min(Math.max((elapsed - STILL) / LEANING, 0), 1);
  const inching = Math.max(elapsed - STILL - LEANING, 0) * INCHING;
  return Math.min(LEAN * smooth(leaning) + inching, 1);
}

/** The rest of the way, from where one was when the page said to hold still. */
export function settled(closeness: number, elapsed: number): number {
  return closeness + (1 - closeness) * smooth(Math.min(Math.max(elapsed / SETTLING, 0), 1));
}

const smooth = (share: number): number => share * share * (3 - 2 * share);

/** The pose after a `share` of the way, 0 to 1. */
export function onTheWay(from: Pose, to: Pose, share: number): Pose {
  const mix = (a: number, b: number): number => a + (b - a) * share;
  return { x: mix(from.x, to.x), y: mix(from.y, to.y), scale: mix(from.scale, to.scale) };
}

/** Nobody sits like a statue: a slow sway of a pixel or two and a breath. */
export function sway(pose: Pose, now: number): Pose {
  return {
    x: pose.x + 1.5 * Math.sin(now / 900),
    y: pose.y + 1.1 * Math.sin(now / 1_300),
    scale: pose.scale * (1 + 0.003 * Math.sin(now / 1_700)),
  };
}
