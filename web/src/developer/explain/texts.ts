// The words of the explanation. They name cues and codes as the engine does: no customer ever sees them.

export const explainTexts = {
  open: 'Why?',
  title: 'Why the check ended so',
  close: 'Close',
  loading: 'Asking the engine',
  gone: 'There is nothing to tell: the session was scripted, was not judged, or its 180 seconds are over.',
  failed: 'The engine did not answer.',
  intro: 'What the local engine saw and how it judged it. Rekognition tells none of this, and no answer of the API carries it.',
  confidence: (confidence: number | undefined, frames: number) =>
    `${confidence === undefined ? 'No confidence' : `Confidence ${confidence.toFixed(1)}`} from ${frames} pictures`,
  feedback: 'Feedback',
  strip: 'The recording',
  at: (ms: number) => `${(ms / 1000).toFixed(1)} s`,
  light: 'Displayed and measured colours',
  curve: (delayMs: number) =>
    `Solid: how the skin changed. Dashed: how it should if it reflects what was displayed, ${delayMs} ms later in the recording.`,
  channels: ['red to green', 'blue to green'],
  displayed: 'screen',
  skin: 'skin',
  cues: 'Cues, the most costly first',
  columns: { name: 'Cue', contribution: 'Leaves', value: 'Value', explanation: 'Because' },
  leaves: (contribution: number) => `${Math.round(100 * contribution)} %`,
  unmeasured: 'none',
} as const;
