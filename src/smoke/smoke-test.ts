/**
 * What a user would do to try out a new installation: create a set, wait until it is ready, sign with
 * the signer Secret, verify by the JWKS, and delete it all.
 */
import type { SigningKeySet } from '../api/signing-key-set.generated.ts';
import {
  API_GROUP_VERSION,
  defaultJwksName,
  defaultSignerName,
  REQUEST,
  SET_KIND,
  SIGNER_FILE,
} from '../core/formats/names.ts';
import { JWKS_FILE, parseJwks } from '../core/formats/served-set.ts';
import type { Clock } from '../platform/clock.ts';
import { checkSignerSecret, type SecretData } from '../platform/keys/key-material.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { KubeApiError } from '../platform/kube/errors.ts';
import type { KubeObject } from '../platform/kube/resource.ts';
import { CONFIG_MAPS, SECRETS, SETS } from '../platform/kube/resources.ts';
import { tokenProblem } from './token.ts';

export interface SmokeTestOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly ref: { readonly namespace: string; readonly name: string };
  readonly timeoutMs: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The installation does not do what it should. The message says what, and where to look. */
export class SmokeTestError extends Error {
  override readonly name = 'SmokeTestError';
}

const POLL_INTERVAL_MS = 500;
const WRITE_TIMEOUT_MS = 20_000;
/** Not at the set itself: it is deleted, whatever the result. */
const WHERE_TO_LOOK = "see the operator's log and the events of the namespace";

/** Ready within a second or two of its first pass, because nobody else relies on it. */
const SPEC = {
  tokenTTL: '1m',
  verifierCacheTTL: '1s',
  algorithm: 'ES256',
  rotation: { interval: '24h', standby: false },
  timing: { publicationDelay: '1s' },
  deletionPolicy: 'Delete',
} as const;

/** @throws SmokeTestError or KubeApiError; the set is deleted in that case, too */
export async function smokeTest(options: SmokeTestOptions): Promise<void> {
  const { say, clock, ref } = options;
  const startMs = clock.monotonicMs();
  const shown = `${ref.namespace}/${ref.name}`;
  await remove(options);
  await create(options);
  say(`created the set ${shown}`);
  try {
    await untilReady(options);
    say(`it was ready after ${Math.round(clock.monotonicMs() - startMs)} ms`);
    const kid = await verifyOneToken(options);
    say(`a token signed by key ${kid} was verified by the JWKS`);
  } catch (error) {
    // The first error is reported; that the set could not be deleted either follows from it.
    await remove(options).catch((left: Error) =>
      say(`the set ${shown} is left behind: ${left.message}`),
    );
    throw error;
  }
  await remove(options);
  say(`deleted the set ${shown}`);
}

async function create({ client, clock, ref, signal }: SmokeTestOptions): Promise<void> {
  const set = {
    apiVersion: API_GROUP_VERSION,
    kind: SET_KIND,
    metadata: ref,
    spec: SPEC,
  };
  await client.create(SETS, set, { signal, deadlineMs: clock.monotonicMs() + WRITE_TIMEOUT_MS });
}

async function untilReady(options: SmokeTestOptions): Promise<void> {
  await poll(options, async () => {
    const { object } = await options.client.get(SETS, options.ref, options);
    const conditions = conditionsOf(object);
    const stalled = conditions.find(isTrue('Stalled'));
    const stall = stalled === undefined ? null : `the set is stalled: ${stalled.message}`;
    // A refused write may succeed a moment later; any other reason needs a person.
    if (stall !== null && stalled?.reason !== 'WriteRefused') throw new SmokeTestError(stall);
    if (conditions.some(isTrue('Ready'))) return null;
    if (stall !== null) return stall;
    const message = conditions.find(({ type }) => type === 'Ready')?.message ?? '';
    return message === '' ? 'no operator has looked at the set' : `it is not ready: ${message}`;
  });
}

type Condition = NonNullable<SigningKeySet['status']['conditions']>[number];

function conditionsOf(object: KubeObject): readonly Condition[] {
  // None before an operator has looked at it.
  const { status } = object as KubeObject & Partial<Pick<SigningKeySet, 'status'>>;
  return status?.conditions ?? [];
}

function isTrue(wanted: string): (condition: Condition) => boolean {
  return ({ type, status }) => type === wanted && status === 'True';
}

/** @returns the kid that signed it */
async function verifyOneToken({ client, clock, ref, signal }: SmokeTestOptions): Promise<string> {
  const { namespace, name } = ref;
  const read = { signal };
  const signer = { namespace, name: defaultSignerName(name) };
  const data = dataOf((await client.get(SECRETS, signer, read)).object);
  const checked = checkSignerSecret(data);
  if ('problem' in checked) throw new SmokeTestError(`Secret ${signer.name}: ${checked.problem}`);
  if ('empty' in checked) throw new SmokeTestError(`Secret ${signer.name} holds no key`);
  const { publicJwk } = checked;

  const published = { namespace, name: defaultJwksName(name) };
  const jwksText = dataOf((await client.get(CONFIG_MAPS, published, read)).object)[JWKS_FILE] ?? '';
  const jwks = parseJwks(jwksText);
  if ('problem' in jwks) {
    throw new SmokeTestError(`ConfigMap ${published.name}, ${JWKS_FILE}: ${jwks.problem}`);
  }
  const privatePem = Buffer.from(data[SIGNER_FILE.pem] ?? '', 'base64').toString('utf8');
  const nowMs = clock.wallMs();
  const problem = await tokenProblem({ privatePem, publicJwk, jwksText, nowMs });
  if (problem !== null) {
    throw new SmokeTestError(`a token signed by Secret ${signer.name} is refused: ${problem}`);
  }
  return publicJwk.kid;
}

function dataOf(object: KubeObject): SecretData {
  return (object as KubeObject & { readonly data?: SecretData }).data ?? {};
}

/** Nobody relies on its tokens, so the deletion need not wait for them to expire. */
async function remove(options: SmokeTestOptions): Promise<void> {
  const { client, clock, ref } = options;
  // A test that is stopped still cleans up.
  const signal = new AbortController().signal;
  const write = () => ({ signal, deadlineMs: clock.monotonicMs() + WRITE_TIMEOUT_MS });
  const isThere = async () => (await unlessGone(client.get(SETS, ref, { signal }))) ?? null;
  const found = await isThere();
  if (found === null) return;
  const { uid = '' } = found.object.metadata;
  const body = { metadata: { annotations: { [REQUEST.skipDeletionWait]: uid } } };
  await unlessGone(client.patch(SETS, ref, body, write()));
  await unlessGone(client.delete(SETS, ref, { ...write(), preconditions: { uid } }));
  await poll({ ...options, signal }, async () =>
    (await isThere()) === null ? null : 'the operator has not released the set yet',
  );
}

async function unlessGone<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof KubeApiError && error.kind === 'not-found') return null;
    throw error;
  }
}

/** Waits until nothing is missing any more. @param missing what is missing, in words */
async function poll(
  { clock, timeoutMs, signal }: SmokeTestOptions,
  missing: () => Promise<string | null>,
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  for (;;) {
    const what = await missing();
    if (what === null) return;
    if (clock.monotonicMs() >= deadlineMs) {
      throw new SmokeTestError(
        `after ${Math.round(timeoutMs / 1000)} s, ${what}; ${WHERE_TO_LOOK}`,
      );
    }
    await clock.sleepUntil(clock.monotonicMs() + POLL_INTERVAL_MS, signal);
  }
}
