// What the server asks of the face: read from its one message on the stream's websocket, by listening. The
// message is an `application/vnd.amazon.eventstream` frame: total length, headers length, CRC, headers, payload, CRC.

import { type Fields, fields, optionalNumber } from '../json.ts';

/** Pixels of the un-mirrored camera picture. */
export interface Oval {
  readonly centreX: number;
  readonly centreY: number;
  readonly width: number;
  readonly height: number;
}

/** Red, green and blue, each 0 to 1. */
export type Colour = readonly [red: number, green: number, blue: number];

export interface Challenge {
  readonly oval: Oval;
  /** The colours that will be shown, in order; empty in the movement challenge. */
  readonly colours: readonly Colour[];
}

const STREAM_PATH = '/start-face-liveness-session-websocket';
const PRELUDE = 12;
const TRAILER = 4;

/** The challenge in a server message; undefined for every other message. */
export function readChallenge(message: ArrayBuffer): Challenge | undefined {
  if (message.byteLength < PRELUDE + TRAILER) return undefined;
  const view = new DataView(message);
  const payload = new Uint8Array(message).subarray(PRELUDE + view.getUint32(4), view.getUint32(0) - TRAILER);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
  // One member, named after the kind of challenge.
  const [challenge] = Object.values(fields(fields(fields(json).SessionInformation).Challenge)).map(fields);
  const oval = challenge && readOval(fields(challenge.OvalParameters));
  return oval && { oval, colours: readColours(challenge.ColorSequences) };
}

function readOval(from: Fields): Oval | undefined {
  const [centreX, centreY, width, height] = ['CenterX', 'CenterY', 'Width', 'Height'].map((name) => optionalNumber(from, name));
  if (!centreX || !centreY || !width || !height) return undefined;
  return { centreX, centreY, width, height };
}

function readColours(sequences: unknown): readonly Colour[] {
  if (!Array.isArray(sequences)) return [];
  return sequences.flatMap((entry) => {
    const rgb = fields(fields(entry).FreshnessColor).RGB;
    const [red, green, blue] = Array.isArray(rgb) ? rgb.map(Number) : [];
    return red === undefined || green === undefined || blue === undefined ? [] : [[red / 255, green / 255, blue / 255] as const];
  });
}

/** Calls `onChallenge` for every stream the page opens: undefined when it is opened, then what the server asks. */
export function listenForChallenge(onChallenge: (challenge: Challenge | undefined) => void): void {
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      if (!String(url).includes(STREAM_PATH)) return;
      onChallenge(undefined);
      this.addEventListener('message', async ({ data }) => {
        const bytes = data instanceof Blob ? await data.arrayBuffer() : data;
        const challenge = bytes instanceof ArrayBuffer ? readChallenge(bytes) : undefined;
        if (challenge !== undefined) onChallenge(challenge);
      });
    }
  };
}
