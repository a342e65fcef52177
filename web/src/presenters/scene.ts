// Draws what the simulated camera sees. Drawing only: where the face is and which light falls on it are
// arguments, so a picture depends on nothing but its inputs.

import type { Colour } from './challenge.ts';
import type { Portrait } from './portrait.ts';
import { faceCentre, ocularWidth, type Pose, type Size } from './pose.ts';

type Context = CanvasRenderingContext2D;

/** Less than full brightness leaves headroom for the light that is added. */
const AMBIENT = 0.8;
const REFLECTANCE = 0.28;

/** What of a portrait fits on a print or a small screen, from the face's centre, in widths of the face. */
const CUTOUT = { left: 1.26, above: 1.36, width: 2.51, height: 2.83 };

/** The borders of a print and of a screen are given for a face of this width (px). */
const EDGE_UNIT = 82;

export interface Painter {
  /** A person in the room; `light` reflects from the face. */
  person(pose: Pose, light: Colour | undefined): void;
  /** A print held into the camera: same face, same movement, and paper does not glow in the colours. */
  print(pose: Pose): void;
  /** A phone or tablet held into the camera, playing a face that reflects `light`. */
  screen(pose: Pose, light: Colour | undefined): void;
  /** The room without anybody. */
  room(): void;
}

export function createPainter(context: Context, frame: Size, portrait: Portrait): Painter {
  const layer = document.createElement('canvas');
  layer.width = frame.width;
  layer.height = frame.height;
  const lit = layer.getContext('2d');
  const centre = faceCentre(portrait.face);
  const cutout = cutoutOf(portrait);

  function room(): void {
    const wall = context.createLinearGradient(0, 0, frame.width, frame.height);
    wall.addColorStop(0, '#b9b3b4');
    wall.addColorStop(0.6, '#a9a3a6');
    wall.addColorStop(1, '#8f8b90');
    context.fillStyle = wall;
    context.fillRect(0, 0, frame.width, frame.height);
  }

  function drawPortrait(onto: Context, pose: Pose): void {
    onto.setTransform(pose.scale, 0, 0, pose.scale, pose.x - centre[0] * pose.scale, pose.y - centre[1] * pose.scale);
    onto.drawImage(portrait.inRoom, 0, 0);
    onto.resetTransform();
  }

  function drawCutout(pose: Pose, edge: number, colour: string, tilt: number): void {
    context.translate(pose.x, pose.y);
    context.rotate(tilt);
    context.scale(pose.scale, pose.scale);
    context.translate(-centre[0], -centre[1]);
    context.fillStyle = colour;
    const { x, y, width, height } = cutout;
    const border = (edge * ocularWidth(portrait.face)) / EDGE_UNIT;
    context.fillRect(x - border, y - border, width + 2 * border, height + 2 * border);
    context.drawImage(portrait.plain, x, y, width, height, x, y, width, height);
    context.resetTransform();
  }

  function dim(): void {
    context.fillStyle = `rgb(0 0 0 / ${1 - AMBIENT})`;
    context.fillRect(0, 0, frame.width, frame.height);
  }

  /** Adds albedo x light on the face, fading out towards hair and ears. */
  function reflect(pose: Pose, light: Colour | undefined): void {
    if (light === undefined || lit === null) return;
    const [red, green, blue] = light.map((part) => Math.round(part * 255));
    lit.globalCompositeOperation = 'copy';
    drawPortrait(lit, pose);
    lit.globalCompositeOperation = 'multiply';
    lit.fillStyle = `rgb(${red} ${green} ${blue})`;
    lit.fillRect(0, 0, frame.width, frame.height);
    lit.globalCompositeOperation = 'destination-in';
    const radius = 0.8 * ocularWidth(portrait.face) * pose.scale;
    lit.setTransform(0.78, 0, 0, 1, pose.x, pose.y + 0.12 * radius);
    const mask = lit.createRadialGradient(0, 0, 0.55 * radius, 0, 0, radius);
    mask.addColorStop(0, 'rgb(0 0 0 / 100%)');
    mask.addColorStop(1, 'rgb(0 0 0 / 0%)');
    lit.fillStyle = mask;
    lit.fillRect(-frame.width * 2, -frame.height * 2, frame.width * 4, frame.height * 4);
    lit.resetTransform();
    context.globalCompositeOperation = 'lighter';
    context.globalAlpha = REFLECTANCE;
    context.drawImage(layer, 0, 0);
    context.globalAlpha = 1;
    context.globalCompositeOperation = 'source-over';
  }

  return {
    room: () => {
      room();
      dim();
    },
    person: (pose, light) => {
      room();
      drawPortrait(context, pose);
      dim();
      reflect(pose, light);
    },
    print: (pose) => {
      room();
      drawCutout(pose, 7, '#f6f4ee', 0.025);
      dim();
    },
    screen: (pose, light) => {
      room();
      drawCutout(pose, 6, '#15171a', -0.015);
      dim();
      reflect(pose, light);
    },
  };
}

function cutoutOf({ face, size }: Portrait): Size & { readonly x: number; readonly y: number } {
  const [centreX, centreY] = faceCentre(face);
  const unit = ocularWidth(face);
  const x = Math.max(0, centreX - CUTOUT.left * unit);
  const y = Math.max(0, centreY - CUTOUT.above * unit);
  return { x, y, width: Math.min(CUTOUT.width * unit, size.width - x), height: Math.min(CUTOUT.height * unit, size.height - y) };
}
