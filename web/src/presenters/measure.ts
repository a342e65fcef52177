// Where the face is in a chosen picture, measured by Amplify's own face finder: the very measure by which the
// detector will then judge how far away the face is. Loaded only when a picture is chosen; the code is the detector's.

import { BlazeFaceFaceDetection } from '../../node_modules/@aws-amplify/ui-react-liveness/dist/esm/components/FaceLivenessDetector/service/utils/blazefaceFaceDetection.mjs';
import type { Face } from './pose.ts';

/** As the detector is configured: both from our own origin. */
const BINARIES = `${window.location.origin}/tfjs/`;
const MODEL = `${window.location.origin}/models/facemesh-detection-short.json`;

/** Pictures beyond this gain nothing in the finder, which looks at 128 pixels. */
const LARGEST_SIDE = 1_024;

/** The one face of a picture, px; undefined when it is no picture, or shows no face or several. */
export async function measureFace(file: Blob): Promise<Face | undefined> {
  const whole = await createImageBitmap(file).catch(() => undefined);
  if (whole === undefined) return undefined;
  const scale = Math.min(1, LARGEST_SIDE / Math.max(whole.width, whole.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(whole.width * scale);
  canvas.height = Math.round(whole.height * scale);
  canvas.getContext('2d')?.drawImage(whole, 0, 0, canvas.width, canvas.height);

  const finder = new BlazeFaceFaceDetection(BINARIES, MODEL);
  await finder.loadModels();
  const [found, another] = await finder.detectFaces(canvas);
  if (found === undefined || another !== undefined) return undefined;
  // The finder mirrors what it finds, as a camera picture is shown.
  const point = ([x, y]: readonly [number, number]): readonly [number, number] => [(canvas.width - x) / scale, y / scale];
  return { leftEye: point(found.rightEye), rightEye: point(found.leftEye), nose: point(found.nose), mouth: point(found.mouth) };
}
