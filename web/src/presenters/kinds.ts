// Who can sit in front of the simulated camera.

/**
 * `live` comes closer and reflects the lights; `photo` comes closer and reflects nothing; `replay` is a screen
 * whose face reflects the colours of another check; `nobody` leaves as soon as the recording runs.
 */
export const PRESENTERS = ['live', 'photo', 'replay', 'nobody'] as const;

export type PresenterKind = (typeof PRESENTERS)[number];
