// Every English sentence of the page, in one place and nowhere else, ready to be translated. Sentences are
// whole, so that no translation has to be glued together from parts.

import type { LockReason, RetryReason, State, Trouble } from './flow/state.ts';
import type { When } from './when.ts';

interface Message {
  readonly title: string;
  readonly body: string;
}

/** Changes whenever the consent text below changes: the backend records which text a person agreed to. */
export const CONSENT_VERSION = '2026-11';

export const texts = {
  product: 'Prooflight',
  footer: 'The video is used for this check and for nothing else.',
  skip: 'Skip to the content',

  wait: (seconds: number) => {
    if (seconds > 36 * 3_600) return `You can try again in about ${Math.ceil(seconds / 86_400)} days.`;
    if (seconds > 90 * 60) return `You can try again in about ${Math.ceil(seconds / 3_600)} hours.`;
    return seconds > 90 ? `You can try again in about ${Math.ceil(seconds / 60)} minutes.` : `You can try again in ${seconds} seconds.`;
  },
  waitOver: 'You can try again now.',

  ready: {
    title: 'A quick check that it is really you',
    lead: 'Your camera looks at your face for about ten seconds. You need no documents and nothing to install.',
    again: 'You can carry on where you left off.',
    attempts: (left: number) => (left === 1 ? 'You have one try left.' : `You have ${left} tries left.`),
    stepsTitle: 'What will happen',
    steps: [
      ['Look at the camera', 'Sit facing a soft, even light. Take off sunglasses and anything that covers your face.'],
      ['Move closer', 'An oval appears. Move slowly towards the screen until your face fills it.'],
      ['Hold still', 'The screen may show a few colours for some seconds. Keep looking at it.'],
    ],
    recordedTitle: 'What is recorded',
    recorded: [
      'A video of your face of about ten seconds, without sound. It is checked and not kept.',
      'A few still pictures from it may be kept for up to 30 days to answer questions about the result, then they are deleted.',
      'The result: whether the check was passed, and when.',
    ],
    flashTitle: 'Flashing colours',
    flash:
      'The screen may flash in bright colours. If you or someone in your family has epilepsy, or if flashing light makes you unwell, please choose another way.',
    consent: 'I agree that a video of my face is recorded and checked as described here. I know that I can verify another way instead.',
    consentMissing: 'Please tick the box above if you agree, or choose another way.',
    start: 'Start the check',
    resume: 'Continue the check',
    alternative: 'Use another way',
  },

  unsupported: {
    title: 'This browser cannot do the check',
    body: 'Please use a current version of Chrome, Edge, Firefox or Safari, outside of private mode, or verify another way.',
  },
  linkSpent: {
    title: 'This link has been used',
    body: 'A link works once and for a limited time. Please go back to the page where you opened it, or ask whoever sent it for a new one.',
  },
  unconfigured: {
    title: 'We cannot reach our service',
    body: 'The page could not be started. Please check your connection and reload it.',
  },
  broken: {
    title: 'The page needs a fresh start',
    body: 'A part of it could not be loaded. Please reload; you can carry on where you are.',
    again: 'Reload the page',
  },

  loading: { title: 'One moment', body: 'We are looking up where you left off.' },
  camera: {
    title: 'Please allow the camera',
    body: 'Your browser asks whether this page may use the camera. It is used only during the check.',
  },
  opening: { title: 'Preparing the check', body: 'This takes a second or two.' },
  deciding: { title: 'Looking at the result', body: 'This usually takes a few seconds. Please keep this page open.' },

  checking: { title: 'Face check', leave: 'Leave the check', loading: 'Loading the check' },

  passed: {
    title: 'Thank you, that worked',
    body: 'The check is passed. There is nothing more to do here.',
    close: 'You can close this page now.',
    go: 'Continue',
  },
  review: {
    title: 'We are taking a closer look',
    body: 'A person is looking at your check. You will hear from us, usually within a day, three days at the latest.',
    again: 'See whether there is news',
  },
  expired: {
    title: 'This check has run out',
    body: 'A check stays open for half an hour. Nothing is lost: you can simply start a new one.',
    again: 'Start a new check',
  },
  locked: {
    title: 'Please take a break',
    reasons: {
      failed: 'Several tries have not worked. To keep your account safe, the video check pauses for a while.',
      begun: 'The check was begun many times in a short while, so it pauses. No try is used up by that.',
    } satisfies Record<LockReason, string>,
    until: {
      today: ({ time }: When) => `You can come back today at ${time}.`,
      tomorrow: ({ time }: When) => `You can come back tomorrow at ${time}.`,
      another: ({ date, time }: When) => `You can come back on ${date} at ${time}.`,
    } satisfies Record<When['day'], (when: When) => string>,
    meanwhile: 'You do not have to wait: the other way is open all the time.',
    tipsTitle: 'What helps next time',
    again: 'Try again',
  },
  alternative: {
    reasons: {
      chosen: {
        title: 'Another way to verify',
        body: 'You do not have to use the video check. Another way is just as good and has no disadvantage for you.',
      },
      denied: {
        title: 'Let us verify you another way',
        body: 'We could not confirm it by video this time. That can have many harmless reasons, such as light or an older camera.',
      },
      blocked: {
        title: 'Let us verify you another way',
        body: 'There were many tries by video, so this way is closed for now to keep your account safe. Another way is open to you.',
      },
    } satisfies Record<Extract<State, { at: 'alternative' }>['why'], Message>,
    how: 'Please contact the team that asked you for this check. They will arrange it with you, for instance in person or by a call with our staff.',
    go: 'Go to the other way',
    back: 'Back to the video check',
  },

  retry: {
    tipsTitle: 'What helps',
    again: 'Try again',
    attempts: (left: number) => (left === 1 ? 'One try is left.' : `${left} tries are left.`),
    reasons: {
      failed: {
        title: 'That did not work yet',
        body: 'The recording was not clear enough to be sure.',
      },
      'timed-out': {
        title: 'The time ran out',
        body: 'A check has to be finished within three minutes. Please try again when you are ready.',
      },
      'face-not-seen': {
        title: 'We could not see your face in the oval',
        body: 'The recording stopped because your face did not fill the oval in time.',
      },
    } satisfies Record<RetryReason, Message>,
  },

  /** By the coaching code of the answer to a completed session. */
  tips: {
    SHOW_YOUR_FACE: 'Make sure that your whole face is in the picture until the end.',
    UNCOVER_YOUR_FACE: 'Take off sunglasses, mask, hat or headphones, and brush hair from your face.',
    FILL_THE_OVAL: 'Face the camera straight on, and move until your face fills the oval.',
    OPEN_YOUR_EYES: 'Keep your eyes open and look at the screen.',
    MORE_LIGHT: 'Go where it is brighter, with the light in front of you.',
    LESS_LIGHT: 'Turn away from the sun or a bright lamp.',
    CLEAN_CAMERA: 'Wipe the lens, hold the device still, and close other programs that use the camera.',
    HOLD_STILL_AND_FOLLOW: 'Hold still while the colours change, and turn the brightness of your screen all the way up.',
  } as Readonly<Record<string, string>>,
  generalTips: [
    'Sit facing a soft light, not with a window behind you.',
    'Turn the brightness of your screen all the way up.',
    'Hold the device at eye level, and move slowly until your face fills the oval.',
    'Hold still while the colours change.',
  ],

  trouble: {
    again: 'Try again',
    code: (code: string) => `If you ask for help, please mention: ${code}`,
    kinds: {
      'no-camera': {
        title: 'We found no camera',
        body: 'Please connect a camera, or open this page on a phone or another computer that has one.',
      },
      'camera-denied': {
        title: 'The camera is switched off for this page',
        body: 'Your browser was told not to let this page use the camera. Open the settings beside the address bar, allow the camera for this page, then try again.',
      },
      'camera-in-use': {
        title: 'The camera is busy',
        body: 'Another program seems to be using the camera. Please close video calls and other pages that use it, then try again.',
      },
      'camera-too-slow': {
        title: 'This camera is too slow',
        body: 'The check needs at least 15 pictures a second. Better light often helps; otherwise please use another device.',
      },
      landscape: {
        title: 'Please turn your phone upright',
        body: 'The check works only when the phone is held upright. You may need to switch off the rotation lock.',
      },
      offline: {
        title: 'You are offline',
        body: 'Your device has no internet connection. We carry on by ourselves as soon as it is back.',
      },
      unreachable: {
        title: 'We cannot reach our service',
        body: 'Your device is online, but our service does not answer. Please try again in a moment.',
      },
      busy: { title: 'A lot is going on right now', body: 'Our service is busy. Nothing is lost and no try is used up.' },
      'still-running': {
        title: 'Your last try is still being finished',
        body: 'It was your last one for now, so we wait for its result before another can begin.',
      },
      'stream-unreachable': {
        title: 'The video connection failed',
        body: 'Your video could not be sent. A company network or a privacy extension may be blocking it. Please try again, or use another network.',
      },
      interrupted: {
        title: 'The check was interrupted',
        body: 'The connection broke off while your video was being sent. Please try again.',
      },
      'detector-failed': {
        title: 'The check did not start',
        body: 'Your browser could not load the check. Please close other pages and programs, then try again.',
      },
      'signed-out': { title: 'You are signed out', body: 'Please sign in again and come back to this page.' },
      refused: {
        title: 'This check cannot be done here',
        body: 'Our service did not accept the request. Trying again may help; otherwise please verify another way.',
      },
    } satisfies Record<Trouble, Message>,
  },

  /** What Amplify's component says, in this page's words. */
  detector: {
    startScreenBeginCheckText: 'I am ready',
    hintCenterFaceText: 'Centre your face',
    hintCenterFaceInstructionText:
      'Before you start, have the camera at the top centre of your screen and your face in the middle of the picture. Then an oval appears: move towards it until your face fills it, and hold still. You will hear when the check is complete.',
    hintMoveFaceFrontOfCameraText: 'Move your face in front of the camera',
    hintTooManyFacesText: 'Only one person in the picture, please',
    hintTooCloseText: 'Move back',
    hintTooFarText: 'Move closer',
    hintHoldFaceForFreshnessText: 'Hold still',
    hintConnectingText: 'Connecting',
    hintVerifyingText: 'Checking the video',
    hintCheckCompleteText: 'Recording complete',
    hintFaceOffCenterText: 'Your face is not in the oval. Centre it in the picture.',
    hintMatchIndicatorText: 'Half way there. Keep moving closer.',
    waitingCameraPermissionText: 'Waiting for the camera',
    recordingIndicatorText: 'Rec',
    cancelLivenessCheckText: 'Stop the check',
    a11yVideoLabelText: 'Your camera picture',
    tryAgainText: 'Try again',
  },
} as const;
