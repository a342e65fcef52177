// The feed of the developer menu: what leaves the system, as it leaves. The browser holds one connection open while the
// panel is, and goes on by itself where it stopped when that breaks; nothing is asked for again and again.

import { useEffect, useId, useReducer } from 'react';
import './feed.css';
import { EMPTY_FEED, entryTime, type FeedEntry, feedAfter } from './feed-entries.ts';
import { feedTexts as words } from './feed-texts.ts';

export default function FeedPanel({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const [feed, tell] = useReducer(feedAfter, EMPTY_FEED);
  const title = useId();

  useEffect(() => {
    const source = new EventSource('/dev/events');
    source.onmessage = ({ lastEventId, data }) => tell({ type: 'told', id: lastEventId, data });
    source.addEventListener('present', () => tell({ type: 'present' }));
    source.onerror = () => tell({ type: 'lost', forGood: source.readyState === EventSource.CLOSED });
    return () => source.close();
  }, []);

  return (
    <aside className="feed" id={id} aria-labelledby={title}>
      <header>
        <h2 id={title}>{words.title}</h2>
        <button type="button" className="button" onClick={onClose}>
          {words.close}
        </button>
      </header>
      <p className="quiet">{words.intro}</p>
      <p className={`feed-line feed-${feed.line}`} role="status">
        {words.lines[feed.line]}
      </p>
      <p className="feed-heard" aria-live="polite">
        {feed.heard}
      </p>
      {feed.entries.length === 0 && feed.line !== 'connecting' && (
        <div className="feed-empty">
          <strong>{words.emptyTitle}</strong>
          <p>{words.emptyBody}</p>
        </div>
      )}
      <ol className="feed-entries" aria-label={words.title}>
        {feed.entries.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
    </aside>
  );
}

function Entry({ entry }: { readonly entry: FeedEntry }) {
  return (
    <li>
      <details>
        <summary>
          <span className="feed-time">
            {entry.at !== undefined && <time dateTime={new Date(entry.at).toISOString()}>{entryTime(entry.at, Date.now())}</time>}
          </span>
          <strong className={`feed-said tone-${entry.tone}`}>{entry.said}</strong>
          <span className="feed-about">
            <span>{words.kinds(entry.kind)}</span>
            {entry.about !== undefined && <span>{entry.about}</span>}
            {entry.verificationId !== undefined && <code title={entry.verificationId}>{entry.verificationId.slice(0, 12)}…</code>}
          </span>
        </summary>
        <pre>{entry.details}</pre>
      </details>
    </li>
  );
}
