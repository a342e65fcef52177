// The words of the developer menu. They are apart from the page's texts because no customer ever sees them.

import type { CameraChoice } from './settings.ts';

export const developerTexts = {
  open: 'Developer',
  title: 'Developer menu',
  intro: 'Local mode only. Choose who sits in front of the camera, then start a check.',
  close: 'Close',
  camera: 'In front of the camera',
  cameras: {
    own: ['My camera', 'the real one of this computer'],
    live: ['A live person', 'comes closer and reflects the lights'],
    photo: ['A printed photo', 'is moved rightly, reflects nothing'],
    replay: ['A replay', 'a screen that shows an older check with other colours'],
    nobody: ['Nobody', 'leaves as soon as the recording runs'],
  } satisfies Record<CameraChoice, readonly [string, string]>,
  portrait: 'Whose face it is',
  portraitBundled: 'An astronaut (public domain)',
  portraitChoose: 'Choose a picture',
  portraitBack: 'Use the astronaut',
  portraitLooking: 'Looking for the face',
  portraitRefused: 'There is not exactly one face in this picture.',
  portraitHint: 'JPEG or PNG, one face from the front. It stays in this browser.',
  policy: 'Policy',
  policyDefault: 'default of the backend',
  policyHint: 'Applies to the next new verification.',
  subject: 'Subject',
  subjectChange: 'Use',
  subjectHint: 'Limits and lock-outs count per subject.',
  clock: 'Clock of the local services',
  clockSteps: [
    ['Advance 180 s', 180],
    ['Advance 30 min', 1_800],
  ],
  clockFailed: 'The clock could not be moved.',
  startOver: 'New verification',
  console: 'Reviewer console',
  reviewer: 'Reviewer',
  reviewerChange: 'Use',
} as const;
