// Reading JSON of unknown shape. Whatever comes over the wire is `unknown` until one of these has looked
// at it, so a field of the wrong type is noticed where it enters and not three screens later.

export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object, or an empty one: every reader below then says which field was missing. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** A field that has to be there as text. */
export function text(from: Fields, name: string): string {
  const value = from[name];
  if (typeof value !== 'string' || value === '') throw new MalformedAnswer(name);
  return value;
}

export function optionalText(from: Fields, name: string): string | undefined {
  const value = from[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function optionalNumber(from: Fields, name: string): number | undefined {
  const value = from[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A field that has to be there as a number. */
export function number(from: Fields, name: string): number {
  const value = optionalNumber(from, name);
  if (value === undefined) throw new MalformedAnswer(name);
  return value;
}

/** A field that has to be there as a list, every entry of which `read` can make sense of. */
export function list<Entry>(from: Fields, name: string, read: (entry: Fields) => Entry): readonly Entry[] {
  const value = from[name];
  if (!Array.isArray(value)) throw new MalformedAnswer(name);
  return value.map((entry) => read(fields(entry)));
}

/** A part that may be absent or null. */
export function optional<Part>(from: Fields, name: string, read: (part: Fields) => Part): Part | undefined {
  const value = from[name];
  return value === undefined || value === null ? undefined : read(fields(value));
}

export function texts(from: Fields, name: string): readonly string[] {
  const value = from[name];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

/** A field that has to be one of a closed set of words. */
export function oneOf<Word extends string>(from: Fields, name: string, words: readonly Word[]): Word {
  const value = from[name];
  const found = words.find((word) => word === value);
  if (found === undefined) throw new MalformedAnswer(name);
  return found;
}

/** Milliseconds since 1970 of an RFC 3339 field; undefined when it is absent or no date. */
export function optionalInstant(from: Fields, name: string): number | undefined {
  const value = optionalText(from, name);
  const instant = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(instant) ? undefined : instant;
}

/** Milliseconds since 1970 of an RFC 3339 field that has to be there. */
export function instant(from: Fields, name: string): number {
  const value = optionalInstant(from, name);
  if (value === undefined) throw new MalformedAnswer(name);
  return value;
}

/** The server answered something that this page cannot read; names the field, never its value. */
export class MalformedAnswer extends Error {
  constructor(field: string) {
    super(`the answer has no usable \`${field}\``);
    this.name = 'MalformedAnswer';
  }
}
