// Whose face the simulated camera shows: the portrait that comes with the page, or a picture that the developer has
// chosen. It is kept in this browser profile, so that two people can be told apart over several verifications.

import { readChosen, writeChosen } from './chosen.ts';
import bundledUrl from './portrait.jpg';
import { FACE_OF_BUNDLED, type Face, ocularWidth, type Size } from './pose.ts';

export interface Portrait {
  readonly plain: CanvasImageSource;
  /** With soft edges: a chosen picture rarely covers the whole room behind it. */
  readonly inRoom: CanvasImageSource;
  readonly size: Size;
  readonly face: Face;
}

/** The eyes of a larger face would be sharper than the camera's picture is. */
const WIDEST_FACE = 220;
/** How much of a picture's width and height fades out at each edge. */
const FADING = 0.1;

let current: Promise<Portrait> | undefined;

/** The portrait of now; loaded once, until another is chosen. */
export function portrait(): Promise<Portrait> {
  current ??= load().catch((failure) => {
    current = undefined;
    throw failure;
  });
  return current;
}

/** The name of the chosen picture; undefined while it is the one that comes with the page. */
export async function chosenName(): Promise<string | undefined> {
  return (await readChosen())?.name;
}

/** The portrait as a file: what a service would have on record of the person in front of the camera. */
export async function portraitFile(): Promise<Blob> {
  return (await readChosen())?.file ?? (await fetch(bundledUrl)).blob();
}

/** Shows another face from now on. Resolves to false when there is not exactly one in the picture. */
export async function choosePortrait(file: File): Promise<boolean> {
  const { measureFace } = await import('./measure.ts');
  const face = await measureFace(file);
  if (face === undefined) return false;
  await writeChosen({ file, name: file.name, face });
  current = undefined;
  return true;
}

export async function dropPortrait(): Promise<void> {
  await writeChosen(undefined);
  current = undefined;
}

async function load(): Promise<Portrait> {
  const chosen = await readChosen();
  if (chosen === undefined) {
    const image = new Image();
    image.src = bundledUrl;
    await image.decode();
    return { plain: image, inRoom: image, size: { width: image.naturalWidth, height: image.naturalHeight }, face: FACE_OF_BUNDLED };
  }
  const whole = await createImageBitmap(chosen.file);
  const scale = Math.min(1, WIDEST_FACE / ocularWidth(chosen.face));
  const size = { width: Math.round(whole.width * scale), height: Math.round(whole.height * scale) };
  const plain = await createImageBitmap(whole, { resizeWidth: size.width, resizeHeight: size.height, resizeQuality: 'high' });
  return { plain, inRoom: faded(plain, size), size, face: scaled(chosen.face, scale) };
}

function faded(image: ImageBitmap, { width, height }: Size): CanvasImageSource {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (context === null) return image;
  context.drawImage(image, 0, 0);
  context.globalCompositeOperation = 'destination-in';
  for (const [toX, toY] of [
    [width, 0],
    [0, height],
  ] as const) {
    const fade = context.createLinearGradient(0, 0, toX, toY);
    for (const [at, alpha] of [
      [0, 0],
      [FADING, 100],
      [1 - FADING, 100],
      [1, 0],
    ])
      fade.addColorStop(at ?? 0, `rgb(0 0 0 / ${alpha}%)`);
    context.fillStyle = fade;
    context.fillRect(0, 0, width, height);
  }
  return canvas;
}

function scaled(face: Face, by: number): Face {
  const point = ([x, y]: Face['nose']): Face['nose'] => [x * by, y * by];
  return { leftEye: point(face.leftEye), rightEye: point(face.rightEye), nose: point(face.nose), mouth: point(face.mouth) };
}
