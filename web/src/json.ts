// Reading JSON of unknown shape. Whatever comes over the wire is `unknown` until one of these has looked
// at it, so a field of the wrong type is noticed where it enters and not three screens later.

/** An object that may have the fields of `Shape`, whose values nobody has looked at: the readers below take no other names. */
export type Fields<Shape = Readonly<Record<string, unknown>>> = { readonly [Name in keyof Shape]?: unknown };
type Named<From> = keyof From & string;

/** The value as an object, or an empty one: every reader below then says which field was missing. */
export function fields<Shape = Readonly<Record<string, unknown>>>(value: unknown): Fields<Shape> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields<Shape>) : {};
}

/** A field that has to be there as text. */
export function text<From extends object>(from: From, name: Named<From>): string {
  const value: unknown = from[name];
  if (typeof value !== 'string' || value === '') throw new MalformedAnswer(name);
  return value;
}

export function optionalText<From extends object>(from: From, name: Named<From>): string | undefined {
  const value: unknown = from[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function optionalNumber<From extends object>(from: From, name: Named<From>): number | undefined {
  const value: unknown = from[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A field that has to be there as a number. */
export function number<From extends object>(from: From, name: Named<From>): number {
  const value = optionalNumber(from, name);
  if (value === undefined) throw new MalformedAnswer(name);
  return value;
}

/** A field that has to be there as a list, every entry of which `read` can make sense of. */
export function list<From extends object, Shape, Entry>(
  from: From,
  name: Named<From>,
  read: (entry: Fields<Shape>) => Entry,
): readonly Entry[] {
  const value: unknown = from[name];
  if (!Array.isArray(value)) throw new MalformedAnswer(name);
  return value.map((entry) => read(fields<Shape>(entry)));
}

/** A part that may be absent or null. */
export function optional<From extends object, Shape, Part>(
  from: From,
  name: Named<From>,
  read: (part: Fields<Shape>) => Part,
): Part | undefined {
  const value: unknown = from[name];
  return value === undefined || value === null ? undefined : read(fields<Shape>(value));
}

export function texts<From extends object>(from: From, name: Named<From>): readonly string[] {
  const value: unknown = from[name];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

/** A field that has to be one of a closed set of words. */
export function oneOf<From extends object, Word extends string>(from: From, name: Named<From>, words: readonly Word[]): Word {
  const value: unknown = from[name];
  const found = words.find((word) => word === value);
  if (found === undefined) throw new MalformedAnswer(name);
  return found;
}

/** A closed set of words at run time; the compiler asks for every word of the type, and for no other. */
export function words<Word extends string>(all: { readonly [Each in Word]: true }): readonly Word[] {
  return Object.keys(all) as Word[];
}

/** Milliseconds since 1970 of an RFC 3339 field; undefined when it is absent or no date. */
export function optionalInstant<From extends object>(from: From, name: Named<From>): number | undefined {
  const value = optionalText(from, name);
  const instant = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(instant) ? undefined : instant;
}

/** Milliseconds since 1970 of an RFC 3339 field that has to be there. */
export function instant<From extends object>(from: From, name: Named<From>): number {
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
