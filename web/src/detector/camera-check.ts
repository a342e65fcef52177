// Asking for the camera before a session exists: the 180 s of a session must not run while a person reads a
// permission prompt, and a refusal has to be told apart from a missing or busy camera.

import type { CameraTrouble } from '../flow/state.ts';

/** What the detector itself asks for, so that a camera which passes here passes there. */
const WANTED: MediaStreamConstraints = {
  audio: false,
  video: { width: { min: 320, ideal: 640 }, height: { min: 240, ideal: 480 }, facingMode: 'user' },
};

/** Opens the camera once and lets it go again. Undefined when it works. */
export async function checkCamera(): Promise<CameraTrouble | undefined> {
  if (isSidewaysPhone()) return 'landscape';
  try {
    const stream = await navigator.mediaDevices.getUserMedia(WANTED);
    for (const track of stream.getTracks()) track.stop();
    return undefined;
  } catch (thrown) {
    return cameraTroubleOf(thrown);
  }
}

/** Names per the W3C "Media Capture and Streams"; the detector hands on only the message, hence the second look. */
export function cameraTroubleOf(thrown: unknown): CameraTrouble {
  if (!(thrown instanceof Error)) return 'no-camera';
  switch (thrown.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'camera-denied';
    case 'NotReadableError':
    case 'AbortError':
      return 'camera-in-use';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'no-camera';
    default:
  }
  if (/denied|dismissed|not allowed|permission/i.test(thrown.message)) return 'camera-denied';
  if (/could not start|in use|allocate/i.test(thrown.message)) return 'camera-in-use';
  return 'no-camera';
}

/** The check needs a phone upright: the oval is taller than a sideways phone is high. */
export function isSidewaysPhone(): boolean {
  return isPhone() && window.matchMedia('(orientation: landscape)').matches;
}

function isPhone(): boolean {
  return /Android|iPhone|iPad/i.test(navigator.userAgent) || (/Macintosh/i.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
}

/** Everything the detector needs of a browser. Storage may be there and still throw, when cookies are blocked. */
export function isSupported(): boolean {
  try {
    window.localStorage.getItem('prooflight');
    window.sessionStorage.getItem('prooflight');
  } catch {
    return false;
  }
  return (
    window.isSecureContext &&
    typeof navigator.mediaDevices?.getUserMedia === 'function' &&
    typeof WebAssembly === 'object' &&
    typeof MediaRecorder === 'function' &&
    typeof WebSocket === 'function'
  );
}
