// Every English sentence of the reviewer console. They are apart from the page's texts because no end user ever
// sees them: they speak of scores and reasons, which the page never does.

import type { Kind, Verdict, VerdictReason } from './answers.ts';
import type { ReviewFailure } from './client.ts';
import type { Fit, Measure } from './measures.ts';

interface Message {
  readonly title: string;
  readonly body: string;
}

export const reviewTexts = {
  product: 'Prooflight',
  console: 'Review',
  skip: 'Skip to the content',
  footer: 'Every look at a case is recorded with your name. Pictures are for this decision only.',
  singleKeys: 'Single-key shortcuts',
  unconfigured: { title: 'The console could not be started', body: 'Please check the connection and reload the page.' },
  broken: { title: 'Something went wrong in the console', body: 'Please reload the page. No verdict is given by that.' },
  reload: 'Reload the page',

  queue: {
    title: 'Waiting for a review',
    loading: 'Loading the queue',
    count: (count: number, more: boolean) =>
      count === 1 && !more ? 'One case waits.' : `${count}${more ? ' or more' : ''} cases wait, the oldest first.`,
    hint: 'Arrow keys move, Enter opens, R loads the queue again.',
    empty: { title: 'Nothing is waiting', body: 'Every case has been looked at. New ones appear here when you load the queue again.' },
    refresh: 'Load again',
    more: 'Show more',
    since: 'Waiting since',
    why: 'Why',
    approvals: (have: number, needed: number) => `${have} of ${needed} approvals`,
    yours: (until: string) => `Yours until ${until}`,
    theirs: (until: string) => `With another reviewer until ${until}`,
    free: 'Free',
    sampled: 'Taken at random',
  },
  kinds: { decision: 'Decide', quality: 'Check an approval' } satisfies Record<Kind, string>,
  waited: (minutes: number) => {
    if (minutes < 1) return 'just now';
    if (minutes < 60) return `${minutes} min`;
    const hours = Math.floor(minutes / 60);
    return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
  },

  notices: {
    decided: {
      approved: 'Approved. The decision stands and has been passed on.',
      denied: 'Denied. The decision stands and has been passed on.',
      upheld: 'Upheld. The approval was right.',
      overturned: 'Overturned. The approval was wrong; what followed from it is being undone.',
    } satisfies Record<Verdict, string>,
    seconding: (approvals: number, needed: number) =>
      `Your approval is noted: ${approvals} of ${needed}. The case stays in the queue until another reviewer approves it too.`,
  },

  opening: { title: 'Opening the case', body: 'It is being taken for you, and the evidence fetched.' },
  back: 'Back to the queue',
  retry: 'Try again',

  case: {
    title: { decision: 'Is this a live person, and the right one?', quality: 'Was this approval right?' } satisfies Record<Kind, string>,
    why: 'Why it is here',
    about: 'About the case',
    facts: {
      verification: 'Verification',
      subject: 'Subject',
      reference: 'Reference of the service',
      policy: 'Policy',
      opened: 'Opened',
      waiting: 'Waiting since',
      approvals: 'Approvals',
      hold: 'Yours until',
    },
    pictures: 'Pictures',
    session: (number: number, outcome: string) => `Session ${number}: ${outcome}`,
    outcomes: { failed: 'failed', denied: 'denied', in_review: 'in review', passed: 'passed' },
    earlier: 'Earlier sessions',
    noPictures: 'This session has no pictures.',
    noSessions: 'There is no decided session in this case.',
    kinds: { source: 'Source picture', reference: 'Reference picture', audit: 'Audit picture' },
    numbered: (kind: string, number: number) => `${kind} ${number}`,
    digest: (sha256: string) => `SHA-256 ${sha256.slice(0, 12)}…`,
    notKept: 'This picture is not kept any more.',
    linkOver: 'The link to this picture has run out. Look again to get a new one.',
    larger: 'Larger pictures',
    lookAgain: 'Look again',
    lookingAgain: 'Looking again',
    second: 'The machine holds something against this person, so an approval takes two reviewers. Denying takes one.',
    lookOver: 'You looked at this half an hour ago. Please look again before you decide.',
    holdOver: 'Your hold on this case has run out. Look again to take it once more.',
  },

  measures: {
    caption: 'What was measured, and what the policy asks for',
    check: 'Check',
    found: 'Found',
    asked: 'Asked for',
    standing: 'Result',
    names: {
      challenge: 'Challenge',
      confidence: 'Live person',
      'faces-in-source': 'Faces in the source picture',
      source: 'Likeness to the source picture',
      enrolled: 'Likeness to the enrolled face',
      others: 'Likeness to others enrolled',
      age: 'Estimated age',
    } satisfies Record<Measure['of'], string>,
    fits: { met: 'Met', between: 'In between', missed: 'Missed', absent: 'Not measured' } satisfies Record<Fit, string>,
    score: (value: number) => value.toFixed(1),
    nothing: '–',
    nobody: 'Nobody',
    atLeast: (asked: number) => `${asked}`,
    reviewFrom: (asked: number, from: number) => `${asked}; review from ${from}`,
    below: (asked: number) => `below ${asked}`,
    exactlyOne: 'exactly 1',
    ages: (low: number, high: number) => `${low} to ${high}`,
    years: (asked: number) => `${asked} or older`,
    feedback: 'What the camera saw',
  },
  challenges: {
    FaceMovementChallenge: 'movement',
    FaceMovementAndLightChallenge: 'movement and light',
  } as Readonly<Record<string, string>>,
  /** By the reason codes of a decision; one that a later backend adds is shown as it is. */
  reasons: {
    check_failed: 'The check could not be carried out',
    challenge_missing: 'The challenge is not known',
    challenge_weaker: 'The challenge was weaker than asked for',
    confidence_missing: 'There is no score for a live person',
    reference_image_missing: 'There is no reference picture',
    face_match_missing: 'The faces were not compared',
    face_match_too_low: 'The faces are not alike enough',
    source_unusable: 'The source picture does not show exactly one face',
    face_known_elsewhere: 'Somebody else is enrolled with this face',
    age_missing: 'The age was not estimated',
    age_too_low: 'The estimated age is too low',
    age_uncertain: 'The estimated age is uncertain',
    confidence_too_low: 'The score for a live person is too low to approve',
    device_suspicious: 'Many checks from this device have failed',
    attempts_exhausted: 'No try is left',
    superseded: 'A newer session took its place',
    timed_out: 'Nothing came in time',
  } as Readonly<Record<string, string>>,
  feedback: {
    FACE_NOT_VISIBLE: 'Face not visible',
    FACE_OBSTRUCTION_DETECTED: 'Face partly covered',
    FACE_NOT_ALIGNED: 'Face not straight',
    EYES_CLOSED_DETECTED: 'Eyes closed',
    LOW_LIGHTING_DETECTED: 'Too dark',
    HIGH_LIGHTING_DETECTED: 'Too bright',
    LOW_VIDEO_QUALITY_DETECTED: 'Poor video',
  } as Readonly<Record<string, string>>,

  verdict: {
    title: 'Your verdict',
    verdicts: { approved: 'Approve', denied: 'Deny', upheld: 'Uphold', overturned: 'Overturn' } satisfies Record<Verdict, string>,
    why: {
      approved: 'Approve: what do you see?',
      denied: 'Deny: what do you see?',
      upheld: 'Uphold: what do you see?',
      overturned: 'Overturn: what do you see?',
    } satisfies Record<Verdict, string>,
    reasons: {
      same_person: 'The same person',
      different_person: 'Somebody else',
      not_live: 'Not a live person',
      live_person: 'A live person',
      poor_evidence: 'The pictures do not show enough',
      duplicate_person: 'Enrolled already as somebody else',
      suspected_fraud: 'A suspicion of fraud',
      confirmed: 'What was decided is right',
    } satisfies Record<VerdictReason, string>,
    confirm: {
      approved: 'Confirm: approve',
      denied: 'Confirm: deny',
      upheld: 'Confirm: uphold',
      overturned: 'Confirm: overturn',
    } satisfies Record<Verdict, string>,
    missing: 'Please choose a reason.',
    back: 'Back',
    sending: 'Sending your verdict',
  },

  failures: {
    offline: { title: 'You are offline', body: 'Nothing is lost. Please try again when the connection is back.' },
    unreachable: { title: 'The service does not answer', body: 'You are online, but nothing comes back. Please try again in a moment.' },
    busy: { title: 'The service is busy', body: 'Please try again in a moment.' },
    'signed-out': { title: 'You are not signed in', body: 'Please sign in again and come back to this page.' },
    'not-allowed': {
      title: 'You may not review',
      body: 'Your account is not set up for reviews. Whoever runs this service can change that.',
    },
    refused: { title: 'The service refused the request', body: 'Trying again may help. Otherwise please tell whoever runs this service.' },
    'not-found': { title: 'This case is not there any more', body: 'It may have been erased at the wish of the person.' },
    claimed: { title: 'Another reviewer is at this case', body: 'It is held for ten minutes. If no verdict comes, it is free again.' },
    closed: { title: 'There is nothing to review any more', body: 'The case was closed in the meantime.' },
    own: { title: 'This case is your own', body: 'Nobody reviews himself. Another reviewer has to look at it.' },
    'evidence-changed': {
      title: 'The evidence has changed',
      body: 'Something was added since you looked. Please look again before you decide.',
    },
    'look-first': { title: 'Your look is too long ago', body: 'A verdict rests on a look in the last half hour. Please look again.' },
    'already-reviewed': { title: 'Another verdict was first', body: 'The first verdict counts; yours was not taken.' },
  } satisfies Record<ReviewFailure['kind'], Message>,
  code: (code: string) => `Code: ${code}`,
  winner: {
    approved: (when: string) => `It was approved at ${when}.`,
    denied: (when: string) => `It was denied at ${when}.`,
    upheld: (when: string) => `The approval was upheld at ${when}.`,
    overturned: (when: string) => `The approval was overturned at ${when}.`,
  } satisfies Record<Verdict, (when: string) => string>,
} as const;
