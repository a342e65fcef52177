// The words of the feed. No customer ever sees them.

const KINDS: Readonly<Record<string, string>> = { event: 'Event', answer: 'Workflow', deadLetter: 'Dead letter' };

const EVENTS: Readonly<Record<string, string>> = {
  VerificationOpened: 'Opened',
  VerificationInReview: 'Waits for a reviewer',
  VerificationOverturned: 'Approval found wrong',
  VerificationErased: 'Erased',
};

const STATUSES: Readonly<Record<string, string>> = {
  approved: 'Approved',
  denied: 'Denied',
  expired: 'Expired',
  in_review: 'In review',
};

export const feedTexts = {
  open: 'Events',
  title: 'What leaves the system',
  intro: 'Events, answers to workflows, dead letters. Local mode only.',
  close: 'Close',
  lines: {
    connecting: 'Connecting',
    live: 'Live',
    lost: 'The connection is lost; trying again',
    ended: 'The connection has ended; close this and open it again',
  },
  emptyTitle: 'Nothing has left yet',
  emptyBody:
    'Start a check, or open a verification under “Service”: what is told of it appears here by itself. Moving the clock makes what is due happen.',
  kinds: (kind: string) => KINDS[kind] ?? 'Other',
  /** A kind of event that has no words here is called by its own name. */
  events: (kind: string) => EVENTS[kind] ?? kind,
  statuses: (status: string) => STATUSES[status] ?? status,
  goesOn: (status: string) => `The step goes on: ${status}`,
  fails: (error: string) => `The step fails: ${error}`,
  waits: 'The step is told to wait',
  refused: (code: string) => `The answer was not taken: ${code}`,
  givenUp: 'Given up after all tries',
  unknown: 'Something without a name',
} as const;
