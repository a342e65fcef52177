// What was measured in a session beside what the policy asks for, as rows of a table. Which rows there are follows
// from the policy: what it does not ask for was not measured.

import type { Match, SessionEvidence, Thresholds } from './answers.ts';

/** How a finding stands to what is asked: `between` is neither enough to approve nor too little to look at. */
export type Fit = 'met' | 'between' | 'missed' | 'absent';

export type Measure =
  | { readonly of: 'challenge'; readonly found: string | undefined; readonly asked: string; readonly fit: Fit }
  | {
      readonly of: 'confidence';
      readonly found: number | undefined;
      readonly asked: number;
      readonly reviewFrom: number | undefined;
      readonly fit: Fit;
    }
  | { readonly of: 'faces-in-source'; readonly found: number | undefined; readonly fit: Fit }
  | { readonly of: 'source' | 'enrolled' | 'others'; readonly found: number | undefined; readonly asked: number; readonly fit: Fit }
  | {
      readonly of: 'age';
      readonly found: { readonly low: number; readonly high: number } | undefined;
      readonly asked: number;
      readonly fit: Fit;
    };

/** `sourceGiven`: whether there is a picture to compare with, which a policy may leave to whoever opens the verification. It may be gone since. */
export function measuresOf(session: SessionEvidence, asked: Thresholds, sourceGiven: boolean): readonly Measure[] {
  return [challenge(session, asked), confidence(session, asked), ...faces(session, asked.match, sourceGiven), ...age(session, asked)];
}

/** From weak to strong. */
const CHALLENGES = ['FaceMovementChallenge', 'FaceMovementAndLightChallenge'];

function challenge({ challenge }: SessionEvidence, { challenge: asked }: Thresholds): Measure {
  const rank = challenge === undefined ? -1 : CHALLENGES.indexOf(challenge.type);
  const fit = challenge === undefined ? 'absent' : rank >= 0 && rank >= CHALLENGES.indexOf(asked) ? 'met' : 'missed';
  const found = challenge && [challenge.type, challenge.version].filter((part) => part !== undefined).join(' ');
  return { of: 'challenge', found, asked, fit };
}

function confidence({ confidence: found }: SessionEvidence, { approveAt: asked, reviewFrom }: Thresholds): Measure {
  if (found === undefined) return { of: 'confidence', found, asked, reviewFrom, fit: 'absent' };
  const looked = reviewFrom !== undefined && found >= reviewFrom;
  return { of: 'confidence', found, asked, reviewFrom, fit: found >= asked ? 'met' : looked ? 'between' : 'missed' };
}

function faces(session: SessionEvidence, match: Match, sourceGiven: boolean): readonly Measure[] {
  switch (match.kind) {
    case 'none':
      return [];
    case 'enrolled':
      return [atLeast('enrolled', session.gallery?.own, match.similarity)];
    case 'source': {
      const { sourceMatch, gallery } = session;
      const rows: Measure[] = [];
      if (sourceGiven || sourceMatch !== undefined) {
        const count = sourceMatch?.facesInSource;
        rows.push({ of: 'faces-in-source', found: count, fit: count === undefined ? 'absent' : count === 1 ? 'met' : 'missed' });
        rows.push(atLeast('source', sourceMatch?.similarity, match.similarity));
      }
      if (match.uniqueSimilarity !== undefined) rows.push(nobodyElse(gallery, match.uniqueSimilarity));
      return rows;
    }
  }
}

function atLeast(of: 'source' | 'enrolled', found: number | undefined, asked: number): Measure {
  return { of, found, asked, fit: found === undefined ? 'absent' : found >= asked ? 'met' : 'missed' };
}

/** A search that found nobody is what is asked for; a search that was not made is not. */
function nobodyElse(gallery: SessionEvidence['gallery'], asked: number): Measure {
  const found = gallery?.other;
  return { of: 'others', found, asked, fit: gallery === undefined ? 'absent' : found !== undefined && found >= asked ? 'missed' : 'met' };
}

function age({ age: found }: SessionEvidence, { minimumAge: asked }: Thresholds): readonly Measure[] {
  if (asked === undefined) return [];
  if (found === undefined) return [{ of: 'age', found, asked, fit: 'absent' }];
  return [{ of: 'age', found, asked, fit: found.low >= asked ? 'met' : found.high < asked ? 'missed' : 'between' }];
}
