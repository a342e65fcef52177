// What was measured beside what is asked for, as a table.

import type { SessionEvidence, Thresholds } from './answers.ts';
import { type Measure, measuresOf } from './measures.ts';
import { reviewTexts as words } from './texts.ts';

interface MeasuresProps {
  readonly session: SessionEvidence;
  readonly thresholds: Thresholds;
  readonly sourceGiven: boolean;
}

export function Measures({ session, thresholds, sourceGiven }: MeasuresProps) {
  const { measures } = words;
  return (
    <table className="measures">
      <caption>{measures.caption}</caption>
      <thead>
        <tr>
          <th scope="col">{measures.check}</th>
          <th scope="col">{measures.found}</th>
          <th scope="col">{measures.asked}</th>
          <th scope="col">{measures.standing}</th>
        </tr>
      </thead>
      <tbody>
        {measuresOf(session, thresholds, sourceGiven).map((measure) => (
          <tr key={measure.of} className={`fit-${measure.fit}`}>
            <th scope="row">{measures.names[measure.of]}</th>
            <td>{foundOf(measure)}</td>
            <td>{askedOf(measure)}</td>
            <td>{measures.fits[measure.fit]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function foundOf(measure: Measure): string {
  const { measures } = words;
  switch (measure.of) {
    case 'challenge':
      return measure.found === undefined ? measures.nothing : challengeOf(measure.found);
    case 'faces-in-source':
      return measure.found === undefined ? measures.nothing : String(measure.found);
    case 'age':
      return measure.found === undefined ? measures.nothing : measures.ages(measure.found.low, measure.found.high);
    case 'others':
      if (measure.found === undefined) return measure.fit === 'met' ? measures.nobody : measures.nothing;
      return measures.score(measure.found);
    default:
      return measure.found === undefined ? measures.nothing : measures.score(measure.found);
  }
}

function askedOf(measure: Measure): string {
  const { measures } = words;
  switch (measure.of) {
    case 'challenge':
      return challengeOf(measure.asked);
    case 'confidence':
      return measure.reviewFrom === undefined ? measures.atLeast(measure.asked) : measures.reviewFrom(measure.asked, measure.reviewFrom);
    case 'faces-in-source':
      return measures.exactlyOne;
    case 'source':
    case 'enrolled':
      return measures.atLeast(measure.asked);
    case 'others':
      return measures.below(measure.asked);
    case 'age':
      return measures.years(measure.asked);
  }
}

/** Rekognition's type in words, with the version behind it where there is one. */
function challengeOf(found: string): string {
  const [type = '', version] = found.split(' ');
  return [words.challenges[type] ?? type, version].filter((part) => part !== undefined).join(' ');
}
