import { describe, expect, it } from 'vitest';
import type { SessionEvidence, Thresholds } from './answers.ts';
import { measuresOf } from './measures.ts';
import { evidence } from './sample.ts';

const [session] = evidence().sessions as [SessionEvidence];
const { thresholds } = evidence();
const fitsOf = (of: string, found: Partial<SessionEvidence>, asked: Partial<Thresholds> = {}, given = true): readonly string[] =>
  measuresOf({ ...session, ...found }, { ...thresholds, ...asked }, given)
    .filter((measure) => measure.of === of)
    .map(({ fit }) => fit);

const source = (similarity: number | undefined, facesInSource = 1) => ({ sourceMatch: { facesInSource, similarity } });
const gallery = (own: number | undefined, other: number | undefined) => ({ gallery: { own, other } });
const light = { type: 'FaceMovementAndLightChallenge', version: undefined };
const movement = { type: 'FaceMovementChallenge', version: undefined };
const enrolled = { match: { kind: 'enrolled', similarity: 90 } } as const;

describe('what was measured', () => {
  it.each<[string, Partial<SessionEvidence>, Partial<Thresholds>, string]>([
    ['confidence', { confidence: 80 }, {}, 'met'],
    ['confidence', { confidence: 79.9 }, {}, 'between'],
    ['confidence', { confidence: 60 }, {}, 'between'],
    ['confidence', { confidence: 59.9 }, {}, 'missed'],
    ['confidence', { confidence: 79.9 }, { reviewFrom: undefined }, 'missed'],
    ['confidence', { confidence: undefined }, {}, 'absent'],
    ['challenge', { challenge: light }, {}, 'met'],
    ['challenge', { challenge: light }, { challenge: movement.type }, 'met'],
    ['challenge', { challenge: movement }, {}, 'missed'],
    ['challenge', { challenge: { type: 'SomethingNew', version: undefined } }, {}, 'missed'],
    ['challenge', { challenge: undefined }, {}, 'absent'],
    ['source', source(90), {}, 'met'],
    ['source', source(89.9), {}, 'missed'],
    ['source', source(undefined), {}, 'absent'],
    ['source', { sourceMatch: undefined }, {}, 'absent'],
    ['faces-in-source', source(undefined, 2), {}, 'missed'],
    ['faces-in-source', source(undefined, 0), {}, 'missed'],
    ['others', gallery(undefined, 95), {}, 'missed'],
    ['others', gallery(undefined, 94.9), {}, 'met'],
    ['others', gallery(undefined, undefined), {}, 'met'],
    ['others', { gallery: undefined }, {}, 'absent'],
    ['enrolled', gallery(90, undefined), enrolled, 'met'],
    ['enrolled', gallery(undefined, 99), enrolled, 'absent'],
    ['age', { age: { low: 18, high: 24 } }, { minimumAge: 18 }, 'met'],
    ['age', { age: { low: 16, high: 24 } }, { minimumAge: 18 }, 'between'],
    ['age', { age: { low: 9, high: 17 } }, { minimumAge: 18 }, 'missed'],
    ['age', { age: undefined }, { minimumAge: 18 }, 'absent'],
  ])('%s of %o against %o: %s', (of, found, asked, fit) => {
    expect(fitsOf(of, found, asked)).toEqual([fit]);
  });

  it('is shown only where the policy asks for it', () => {
    expect(fitsOf('age', { age: { low: 20, high: 30 } })).toEqual([]);
    expect(fitsOf('source', { sourceMatch: undefined }, {}, false)).toEqual([]);
    expect(fitsOf('source', source(99), {}, false), 'the picture is not kept any more').toEqual(['met']);
    expect(fitsOf('others', gallery(99, 99), { match: { kind: 'none' } })).toEqual([]);
  });
});
