// What the engine tells about one check: the pictures, the curve of the colours and the table of cues.

import { useEffect, useState } from 'react';
import { Curve } from './curve.tsx';
import './explain.css';
import { type Explanation, readExplanation, worstFirst } from './explanation.ts';
import { explainTexts as words } from './texts.ts';

type Told = Explanation | 'loading' | 'gone' | 'failed';

/** From here down a cue has cost something worth looking at. */
const COSTLY = 0.9;

export default function ExplanationPanel({ sessionId }: { readonly sessionId: string }) {
  const [told, setTold] = useState<Told>('loading');
  useEffect(() => {
    let left = false;
    ask(sessionId).then((answer) => {
      if (!left) setTold(answer);
    });
    return () => {
      left = true;
    };
  }, [sessionId]);
  if (typeof told === 'string') return <p role={told === 'loading' ? 'status' : 'alert'}>{words[told]}</p>;
  return (
    <>
      <p className="explain-verdict">{words.confidence(told.confidence, told.frames)}</p>
      {told.feedback.length > 0 && (
        <p>
          {words.feedback}: {told.feedback.join(', ')}
        </p>
      )}
      {told.strip.length > 0 && (
        <section aria-label={words.strip}>
          <h3>{words.strip}</h3>
          <ol className="explain-strip">
            {told.strip.map(({ atMs, jpeg }) => (
              <li key={atMs}>
                <img src={`data:image/jpeg;base64,${jpeg}`} alt="" />
                <span>{words.at(atMs)}</span>
              </li>
            ))}
          </ol>
        </section>
      )}
      {told.light !== undefined && (
        <section aria-label={words.light}>
          <h3>{words.light}</h3>
          <Curve light={told.light} />
        </section>
      )}
      <Cues of={told} />
    </>
  );
}

function Cues({ of }: { readonly of: Explanation }) {
  const { columns } = words;
  return (
    <table className="explain-cues">
      <caption>{words.cues}</caption>
      <thead>
        <tr>
          <th scope="col">{columns.name}</th>
          <th scope="col">{columns.contribution}</th>
          <th scope="col">{columns.value}</th>
          <th scope="col">{columns.explanation}</th>
        </tr>
      </thead>
      <tbody>
        {worstFirst(of.cues).map((cue) => (
          <tr key={cue.name} className={cue.contribution < COSTLY ? 'explain-costly' : undefined}>
            <th scope="row">{cue.name}</th>
            <td>{words.leaves(cue.contribution)}</td>
            <td>{cue.value === undefined ? words.unmeasured : Number(cue.value.toPrecision(3)).toString()}</td>
            <td>{cue.explanation}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

async function ask(sessionId: string): Promise<Told> {
  try {
    const answer = await fetch(`/dev/sessions/${encodeURIComponent(sessionId)}/explain`);
    if (answer.status === 404) return 'gone';
    return answer.ok ? readExplanation(await answer.json()) : 'failed';
  } catch {
    return 'failed';
  }
}
