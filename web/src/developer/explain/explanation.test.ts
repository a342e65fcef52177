import { describe, expect, it } from 'vitest';
import { mostOf, pathOf } from './curve-path.ts';
import { readExplanation, worstFirst } from './explanation.ts';

const ANSWER = {
  sessionId: '0b0b0b0b-0000-4000-8000-000000000000',
  confidence: 12.5,
  feedback: ['LOW_LIGHTING_DETECTED'],
  frames: 134,
  cues: [
    { name: 'presence.face', value: 1, likelihood: 1, contribution: 0.9999, explanation: 'A face was found.' },
    { name: 'light.contrast', value: null, likelihood: 0.85, contribution: 0.85, explanation: 'Not measured: too little background.' },
    { name: 'light.order', value: -0.2, likelihood: 0.1, contribution: 0.1, explanation: 'The order does not fit.' },
    { name: 'movement.growth', value: 2, likelihood: 1, contribution: 1, explanation: 'The face grew.' },
  ],
  light: { delayMs: 240, points: [{ atMs: 2000, displayed: [255, 0, 9], skin: [90, 80, 70], expected: [0.1, -0.1], measured: [0.2] }] },
  strip: [{ atMs: 0, jpeg: '/9j/' }],
};

describe('an explanation', () => {
  it('is read with what could not be measured', () => {
    const read = readExplanation(ANSWER);
    expect([read.confidence, read.frames, read.feedback]).toEqual([12.5, 134, ['LOW_LIGHTING_DETECTED']]);
    expect(read.cues[1]?.value).toBeUndefined();
    expect(read.light?.points[0]).toEqual({
      atMs: 2000,
      displayed: [255, 0, 9],
      skin: [90, 80, 70],
      expected: [0.1, -0.1],
      measured: [0.2, 0],
    });
    expect(readExplanation({ ...ANSWER, light: null }).light).toBeUndefined();
  });

  it('is refused where a part is missing', () => {
    for (const missing of ['frames', 'cues', 'strip']) {
      expect(() => readExplanation({ ...ANSWER, [missing]: undefined }), missing).toThrow();
    }
  });

  it('shows first what cost most and leaves the rest in order', () => {
    const names = worstFirst(readExplanation(ANSWER).cues).map((cue) => cue.name);
    expect(names).toEqual(['light.order', 'light.contrast', 'presence.face', 'movement.growth']);
  });
});

describe('a curve', () => {
  it('fills its box from the first time to the last', () => {
    expect(pathOf([1000, 1500, 2000], [0, 0.5, -9], 0.5, 100, 40)).toBe('M0.0 20.0L50.0 0.0L100.0 40.0');
    expect(pathOf([], [], 1, 100, 40)).toBe('');
    expect(mostOf([0.1, -0.3], [0.2])).toBe(0.3);
    expect(mostOf([])).toBeGreaterThan(0);
  });
});
