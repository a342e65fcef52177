// A relying service, as it would run on a server: opens verifications for a subject, looks at them, enrols, calls
// off, erases. Only in local mode can a page hold its tokens; nothing of this is loaded anywhere else.

import { readProblemCode } from '../api/answers.ts';
import type { components } from '../api/contract.ts';
import { get, post } from '../api/routes.ts';
import { createTransport, type Outcome, type Surroundings } from '../api/transport.ts';
import { type LocalRole, localIdentity } from '../identity.ts';
import { type Fields, fields, list, number, optional, optionalText, text } from '../json.ts';

type Schemas = components['schemas'];
type Opened = Schemas['OpenedVerification'];
type Upload = NonNullable<Opened['sourceUpload']>;
type Session = Schemas['ServiceVerification']['sessions'][number];

const SERVICE: LocalRole = { scope: 'open read', subject: () => 'relying-service' };
const ERASER: LocalRole = { scope: 'erase', subject: () => 'relying-service' };

/** Every policy of `infra/policies.json`, those for services first. */
export const POLICIES = ['onboarding', 'step-up', 'age-gate', 'liveness', 'bot-check'] as const;
export type Policy = (typeof POLICIES)[number];

/** What of a policy a service has to know before it opens. */
export const ASKS: Readonly<Record<Policy, { readonly consent: boolean; readonly source: boolean }>> = {
  onboarding: { consent: true, source: true },
  'step-up': { consent: false, source: false },
  'age-gate': { consent: true, source: false },
  liveness: { consent: false, source: false },
  'bot-check': { consent: false, source: false },
};

/** A verification as a service sees it: no score, no picture. */
export interface Seen {
  readonly verificationId: string;
  readonly subject: string;
  readonly policy: string;
  readonly status: string;
  readonly nextStep: string;
  readonly attemptsLeft: number;
  readonly closedBecause: string | undefined;
  readonly sessions: readonly string[];
  readonly review: string | undefined;
}

export type Answered<Value> = Outcome<Value, { readonly kind: string; readonly code?: string }>;

export interface Order {
  readonly subject: string;
  readonly policy: Policy;
  readonly consentVersion: string | undefined;
  readonly source: Blob | undefined;
}

export interface Service {
  /** Opens a verification; uploads the picture to compare with, where there is one. */
  open(order: Order): Promise<Answered<Seen>>;
  look(verificationId: string): Promise<Answered<Seen>>;
  /** Enrols the face that was approved; resolves to the state of the enrolment. */
  enrol(verificationId: string): Promise<Answered<string>>;
  cancel(verificationId: string): Promise<Answered<void>>;
  /** Begins to erase all that is known of a subject; resolves to the erasure's id. */
  erase(subject: string): Promise<Answered<string>>;
  erasure(erasureId: string): Promise<Answered<string>>;
}

export function createService(around: Omit<Surroundings, 'identity'>): Service {
  const as = (role: LocalRole) =>
    createTransport<{ readonly kind: 'refused'; readonly code: string }>(
      { ...around, identity: localIdentity(around.fetch, role) },
      (answer) => ({
        kind: 'refused',
        code: readProblemCode(answer.body) ?? `http_${answer.status}`,
      }),
    );
  const service = as(SERVICE);
  const eraser = as(ERASER);

  return {
    open: async ({ subject, policy, consentVersion, source }) => {
      const body: Schemas['OpenForSubjectRequest'] = {
        policy,
        ...(consentVersion !== undefined && { consent: { version: consentVersion } }),
        ...(source !== undefined && { source: { contentType: pictureType(source) } }),
      };
      const opened = await service.read(post('/subjects/{subject}/verifications', { subject }, body), (answer) => ({
        seen: readSeen(answer.body),
        form: optional(fields<Opened>(answer.body), 'sourceUpload', readForm),
      }));
      if (!opened.ok) return opened;
      const { seen, form } = opened.value;
      if (form !== undefined && source !== undefined && !(await upload(around.fetch, form, source))) {
        return { ok: false, failure: { kind: 'not-uploaded' } };
      }
      return { ok: true, value: seen };
    },
    look: (id) => service.read(get('/verifications/{id}', { id }), ({ body }) => readSeen(body)),
    enrol: (id) => service.read(post('/verifications/{id}/enrolment', { id }, {}), ({ body }) => text(fields(body), 'state')),
    cancel: (id) => service.read(post('/verifications/{id}/cancel', { id }, {}), () => undefined),
    erase: (subject) =>
      eraser.read(post('/erasures', {}, { subject }), ({ location }) => {
        const id = location?.split('/').at(-1);
        return text({ location: id }, 'location');
      }),
    erasure: (id) => eraser.read(get('/erasures/{id}', { id }), ({ body }) => text(fields<Schemas['Erasure']>(body), 'state')),
  };
}

interface Form {
  readonly url: string;
  readonly fields: readonly (readonly [string, string])[];
}

function readForm(from: Fields<Upload>): Form {
  return { url: text(from, 'url'), fields: Object.entries(fields(from.fields)).map(([name, value]) => [name, String(value)]) };
}

/** Sends the form as S3 wants it: every field, and last of all the file. The answer of another origin cannot be read. */
async function upload(fetchFrom: typeof fetch, form: Form, file: Blob): Promise<boolean> {
  const body = new FormData();
  for (const [name, value] of form.fields) body.append(name, value);
  body.append('file', file);
  return fetchFrom(form.url, { method: 'POST', body, mode: 'no-cors' }).then(
    () => true,
    () => false,
  );
}

/** What is no picture that the API takes is refused by it. */
function pictureType(picture: Blob): 'image/jpeg' | 'image/png' {
  return picture.type === 'image/png' ? 'image/png' : 'image/jpeg';
}

function readSeen(value: unknown): Seen {
  const from = fields<Schemas['ServiceVerification']>(value);
  return {
    verificationId: text(from, 'verificationId'),
    subject: text(from, 'subject'),
    policy: text(from, 'policy'),
    status: text(from, 'status'),
    nextStep: text(from, 'nextStep'),
    attemptsLeft: number(from, 'attemptsLeft'),
    closedBecause: optionalText(from, 'closedBecause'),
    sessions: list(
      from,
      'sessions',
      (session: Fields<Session>) => `${number(session, 'number')} ${optionalText(session, 'outcome') ?? text(session, 'state')}`,
    ),
    review: optional(
      from,
      'review',
      (review: Fields<Schemas['Review']>) =>
        optionalText(review, 'verdict') ?? `${number(review, 'approvals')}/${number(review, 'needed')}`,
    ),
  };
}
