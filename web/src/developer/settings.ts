// What the developer menu remembers in this browser profile.

import { fields, optionalText } from '../json.ts';
import { PRESENTERS, type PresenterKind } from '../presenters/kinds.ts';

export type CameraChoice = 'own' | PresenterKind;

export interface Settings {
  readonly camera: CameraChoice;
  readonly policy: string | undefined;
}

/** The policies that an end user may open (`infra/policies.json`). */
export const USER_POLICIES = ['liveness', 'bot-check'] as const;

const KEY = 'prooflight.developer';

export function readSettings(storage: Storage): Settings {
  let stored: unknown;
  try {
    stored = JSON.parse(storage.getItem(KEY) ?? '{}');
  } catch {
    stored = {};
  }
  const from = fields(stored);
  return {
    camera: PRESENTERS.find((kind) => kind === from.camera) ?? 'own',
    policy: USER_POLICIES.find((policy) => policy === optionalText(from, 'policy')),
  };
}

export function writeSettings(storage: Storage, settings: Settings): void {
  storage.setItem(KEY, JSON.stringify(settings));
}
