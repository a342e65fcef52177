// The simulated camera: stands in for `getUserMedia` and `enumerateDevices` while a presenter is chosen, and
// hands out the stream of a canvas. With "my camera" chosen the browser's own functions are called.

import { type Challenge, listenForChallenge } from './challenge.ts';
import type { PresenterKind } from './kinds.ts';
import { portrait } from './portrait.ts';
import { createPresenter } from './presenter.ts';
import { createPainter } from './scene.ts';

/** Small enough that a software encoder on a busy machine keeps up; the check wants at least 320x240. */
const FRAME = { width: 480, height: 360 };
const FRAME_RATE = 30;
/** The detector refuses devices whose label says "virtual", and compares this id with that of the track. */
const DEVICE = { deviceId: 'simulated-camera', groupId: 'simulated', kind: 'videoinput', label: 'Simulated camera' } as const;

/** Replaces the camera of this page. `choice` is asked whenever one is wanted. */
export function installCamera(choice: () => 'own' | PresenterKind): void {
  let challenge: Challenge | undefined;
  listenForChallenge((heard) => {
    challenge = heard;
  });

  // Fetched once and early: a camera works without a network, so the simulated one should too.
  portrait().catch(() => undefined);

  const { mediaDevices } = navigator;
  const ownGetUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  const ownEnumerateDevices = mediaDevices.enumerateDevices.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const chosen = choice();
    return chosen === 'own' || !constraints?.video ? ownGetUserMedia(constraints) : openCamera(chosen, () => challenge);
  };
  mediaDevices.enumerateDevices = async () => (choice() === 'own' ? ownEnumerateDevices() : [{ ...DEVICE, toJSON: () => DEVICE }]);
}

async function openCamera(kind: PresenterKind, challenge: () => Challenge | undefined): Promise<MediaStream> {
  const canvas = document.createElement('canvas');
  canvas.width = FRAME.width;
  canvas.height = FRAME.height;
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) throw new DOMException('The canvas of the simulated camera is unavailable.', 'NotReadableError');

  const shown = await portrait();
  const draw = createPresenter(kind, { painter: createPainter(context, FRAME, shown), frame: FRAME, face: shown.face, challenge });
  draw(performance.now());
  const stream = canvas.captureStream(FRAME_RATE);
  const [track] = stream.getVideoTracks();
  if (track === undefined) throw new DOMException('The simulated camera has no picture.', 'NotReadableError');
  presentAsCamera(track);

  // A timer and not animation frames: those pause while the page is covered, a camera does not.
  const timer = window.setInterval(() => {
    if (track.readyState === 'ended') window.clearInterval(timer);
    else draw(performance.now());
  }, 1_000 / FRAME_RATE);
  return stream;
}

/** A canvas track says neither which device it is nor how fast; the detector asks for both. */
function presentAsCamera(track: MediaStreamTrack): void {
  const ownSettings = track.getSettings.bind(track);
  track.getSettings = () => ({
    ...ownSettings(),
    ...FRAME,
    frameRate: FRAME_RATE,
    facingMode: 'user',
    deviceId: DEVICE.deviceId,
    groupId: DEVICE.groupId,
  });
}
