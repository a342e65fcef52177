// What the local engine tells about a check, read from `GET /dev/sessions/{id}/explain`: the cues with their reasons, the displayed
// against the measured colours, and the recording in small pictures.

import { type Fields, fields, list, number, optional, optionalNumber, text, texts } from '../../json.ts';

export interface Cue {
  readonly name: string;
  /** Undefined: it could not be measured. */
  readonly value: number | undefined;
  /** What it leaves of the confidence, 0 to 1. */
  readonly contribution: number;
  readonly explanation: string;
}

export type Rgb = readonly [number, number, number];

export interface Point {
  readonly atMs: number;
  readonly displayed: Rgb;
  readonly skin: Rgb;
  /** Red to green, and blue to green: as they should change if the skin follows, and as they do. */
  readonly expected: readonly [number, number];
  readonly measured: readonly [number, number];
}

export interface Explanation {
  readonly confidence: number | undefined;
  readonly feedback: readonly string[];
  readonly frames: number;
  readonly cues: readonly Cue[];
  readonly light: { readonly delayMs: number; readonly points: readonly Point[] } | undefined;
  readonly strip: readonly { readonly atMs: number; readonly jpeg: string }[];
}

export function readExplanation(answer: unknown): Explanation {
  const from = fields(answer);
  return {
    confidence: optionalNumber(from, 'confidence'),
    feedback: texts(from, 'feedback'),
    frames: number(from, 'frames'),
    cues: list(from, 'cues', readCue),
    light: optional(from, 'light', (light: Fields) => ({ delayMs: number(light, 'delayMs'), points: list(light, 'points', readPoint) })),
    strip: list(from, 'strip', (moment: Fields) => ({ atMs: number(moment, 'atMs'), jpeg: text(moment, 'jpeg') })),
  };
}

/** Those that cost most come first; of equal ones those of a kind stay together. */
export function worstFirst(cues: readonly Cue[]): readonly Cue[] {
  return [...cues].sort((one, other) => rounded(one) - rounded(other));
}

function rounded({ contribution }: Cue): number {
  return Math.round(100 * contribution);
}

function readCue(from: Fields): Cue {
  return {
    name: text(from, 'name'),
    value: optionalNumber(from, 'value'),
    contribution: number(from, 'contribution'),
    explanation: text(from, 'explanation'),
  };
}

function readPoint(from: Fields): Point {
  const [red, green, blue] = numbers(from, 'displayed');
  const [skinRed, skinGreen, skinBlue] = numbers(from, 'skin');
  const [expectedRed, expectedBlue] = numbers(from, 'expected');
  const [measuredRed, measuredBlue] = numbers(from, 'measured');
  return {
    atMs: number(from, 'atMs'),
    displayed: [red, green, blue],
    skin: [skinRed, skinGreen, skinBlue],
    expected: [expectedRed, expectedBlue],
    measured: [measuredRed, measuredBlue],
  };
}

/** A short row of numbers; what is none reads as 0 and shows as a flat line. */
function numbers(from: Fields, name: string): readonly [number, number, number] {
  const value = from[name];
  const at = (place: number): number => {
    const entry: unknown = Array.isArray(value) ? value[place] : undefined;
    return typeof entry === 'number' && Number.isFinite(entry) ? entry : 0;
  };
  return [at(0), at(1), at(2)];
}
