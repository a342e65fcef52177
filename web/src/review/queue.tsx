// The queue: the cases that wait, the oldest first. Every case is one button, so that Tab, Enter and a click do
// what they always do; the arrow keys are a shorter way.

import type { Waiting } from './answers.ts';
import { FailureBody, said } from './failure.tsx';
import { Key, Title } from './shell.tsx';
import type { Event, Notice, Queueing } from './state.ts';
import { reviewTexts as words } from './texts.ts';

interface QueueViewProps {
  readonly state: Queueing;
  readonly send: (event: Event) => void;
}

export function QueueView({ state, send }: QueueViewProps) {
  const { queue } = words;
  const { reviews, loading, failure, nextCursor } = state;
  return (
    <section className="card" aria-labelledby="queue-title">
      <div className="review-head">
        <div>
          <Title id="queue-title">{queue.title}</Title>
          <p className="quiet" role="status">
            {reviews === undefined || loading
              ? failure === undefined
                ? queue.loading
                : ''
              : countOf(reviews.length, nextCursor !== undefined)}
          </p>
        </div>
        <button
          type="button"
          className="button"
          onClick={() => send({ type: 'asked-for-queue' })}
          aria-disabled={loading}
          aria-keyshortcuts="R"
        >
          {queue.refresh} <Key>R</Key>
        </button>
      </div>
      <p className="review-notice" role="status">
        {state.notice === undefined ? '' : noticeOf(state.notice)}
      </p>
      {failure !== undefined && (
        <div className="review-alert" role="alert">
          <h2>{words.failures[failure.kind].title}</h2>
          <FailureBody failure={failure} />
        </div>
      )}
      {reviews?.length === 0 && !loading && failure === undefined && (
        <div className="review-empty">
          <h2>{queue.empty.title}</h2>
          <p className="quiet">{queue.empty.body}</p>
        </div>
      )}
      {reviews !== undefined && reviews.length > 0 && (
        <>
          <ol className="queue">
            {reviews.map((review) => (
              <li key={review.verificationId}>
                <Row review={review} onPick={() => send({ type: 'picked', verificationId: review.verificationId })} />
              </li>
            ))}
          </ol>
          {nextCursor !== undefined && (
            <button type="button" className="button" aria-disabled={loading} onClick={() => send({ type: 'asked-for-more' })}>
              {queue.more}
            </button>
          )}
          <p className="quiet queue-hint">{queue.hint}</p>
        </>
      )}
    </section>
  );
}

function Row({ review, onPick }: { readonly review: Waiting; readonly onPick: () => void }) {
  const { queue } = words;
  const { claim } = review;
  const held = claim !== undefined && claim.until > Date.now() ? claim : undefined;
  const minutes = Math.max(0, Math.floor((Date.now() - review.since) / 60_000));
  return (
    <button type="button" className="queue-row" onClick={onPick}>
      <span className={`queue-kind queue-kind-${review.kind}`}>{words.kinds[review.kind]}</span>
      <span className="queue-why">
        {whyOf(review).map((why) => (
          <strong key={why}>{why}</strong>
        ))}
        <span className="quiet">
          {review.policy} <span className="mono">{review.verificationId.slice(0, 14)}…</span>
        </span>
      </span>
      <span className="queue-since">
        <time dateTime={new Date(review.since).toISOString()}>{words.waited(minutes)}</time>
        {review.needed > 1 && <span className="quiet">{queue.approvals(review.approvals, review.needed)}</span>}
      </span>
      <span className={held?.by === 'another' ? 'queue-claim queue-claim-another' : 'queue-claim'}>
        {held === undefined ? queue.free : held.by === 'you' ? queue.yours(said(held.until)) : queue.theirs(said(held.until))}
      </span>
    </button>
  );
}

/** Moves the focus along the queue; from outside of it, to its first case. */
export function moveAlong(direction: 'next' | 'previous'): void {
  const rows = [...document.querySelectorAll<HTMLElement>('.queue-row')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const to = at === -1 ? 0 : Math.min(Math.max(at + (direction === 'next' ? 1 : -1), 0), rows.length - 1);
  rows[to]?.focus();
}

function whyOf({ because }: Waiting): readonly string[] {
  // An approval that was drawn for a check of quality has nothing against it.
  return because.length === 0 ? [words.queue.sampled] : because.map((code) => words.reasons[code] ?? code);
}

function countOf(count: number, more: boolean): string {
  return count === 0 ? '' : words.queue.count(count, more);
}

function noticeOf(notice: Notice): string {
  return notice.about === 'decided' ? words.notices.decided[notice.verdict] : words.notices.seconding(notice.approvals, notice.needed);
}
