// The words of the relying service. No customer ever sees them: they name policies, states and reasons as the API does.

import type { Policy } from './service-client.ts';

export const serviceTexts = {
  open: 'Service',
  title: 'Relying service',
  intro: (subject: string) => `Plays the server of a service that wants to know about "${subject}". Local mode only.`,
  close: 'Close',
  policy: 'Kind of verification',
  policies: {
    onboarding: 'The person on a picture, live, and not enrolled as somebody else. Can be enrolled afterwards.',
    'step-up': 'The face that was enrolled for this subject, live.',
    'age-gate': 'A live person of 18 or older.',
    liveness: 'A live person.',
    'bot-check': 'Somebody who moves; no colours.',
  } satisfies Record<Policy, string>,
  source: 'Source picture',
  sources: { none: 'None', portrait: "The presenter's portrait", file: 'A picture from this computer' },
  consent: (version: string) => `The subject has agreed (${version})`,
  openVerification: 'Open the verification',
  seen: 'What the service sees',
  nothing: 'The service has nothing open for this subject. What it opens is shown here, and from here it is handed to the page.',
  facts: {
    verification: 'Verification',
    policy: 'Policy',
    status: 'Status',
    because: 'Closed because',
    next: 'Next step',
    sessions: 'Sessions',
    review: 'Review',
  },
  handOver: 'Hand it to the page',
  enrol: 'Enrol the face',
  cancel: 'Call it off',
  erase: 'Erase the subject',
  opened: 'The verification is open.',
  cancelled: 'The verification is called off.',
  enrolled: (state: string) => `Enrolment: ${state}`,
  erasure: (id: string, state: string) => `${id}: ${state}`,
  failed: (code: string) => `Refused: ${code}`,
} as const;
