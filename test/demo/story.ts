/**
 * What happens in the demo, in order. Three rotations: one by schedule, with the operator killed
 * in its middle; one that is asked for as soon as the next key is published, so that its gate is
 * all that holds it back; and one whose JWKS ConfigMap someone deletes shortly before it is due.
 * Then one more switch is asked for and taken back; and the key that signs is stolen and revoked.
 */
import { join } from 'node:path';
import type { ControlPlane } from '../cluster/control-plane/control-plane.ts';
import { applyCrds } from '../cluster/control-plane/crds.ts';
import type { Cast } from './cast.ts';
import type { Chronicle } from './record/chronicle.ts';
import type { SampleSet, SampleTerms } from './record/sample-set.ts';

export interface StoryOptions {
  readonly repository: string;
  readonly controlPlane: ControlPlane;
  readonly set: SampleSet;
  readonly chronicle: Chronicle;
  readonly cast: Cast;
  /** Ends the story at once. */
  readonly signal: AbortSignal;
}

/** The story did not come to its end. */
export class StoryFault extends Error {}

/** From the API server being up to the end of it all, with a reserve. */
const STORY_MAX_MS = 200_000;
const OPERATOR_DOWN_MS = 4000;
/** How long the thief keeps trying after the announced end of trust. */
const THIEF_TRIES_MS = 2000;
const LOOK_INTERVAL_MS = 20;

/** How long it takes where nothing is in the way. */
export function expectedMs(terms: SampleTerms): number {
  const startMs = 10_000;
  const removalMs =
    terms.signerRefreshDelayMs + terms.tokenTtlMs + terms.verifierLeewayMs + 3 * terms.clockSkewMs;
  const lastTokensMs = terms.tokenTtlMs + terms.verifierLeewayMs;
  return (
    startMs +
    2 * terms.intervalMs +
    1.5 * leadMs(terms) +
    OPERATOR_DOWN_MS +
    removalMs +
    // The proof of the next standby, and the end of trust in the revoked key.
    2 * leadMs(terms) +
    THIEF_TRIES_MS +
    lastTokensMs
  );
}

/** P + C + S: how long a key is published before it may sign. */
function leadMs(terms: SampleTerms): number {
  return terms.publicationDelayMs + terms.verifierCacheTtlMs + terms.clockSkewMs;
}

export async function play(options: StoryOptions): Promise<void> {
  await begin(options);
  await rotationWithKill(options);
  await requestedRotation(options);
  await rotationWithoutJwks(options);
  await rollback(options);
  await revocation(options);
  await lastTokens(options);
}

async function begin(options: StoryOptions): Promise<void> {
  const { controlPlane, repository, set, chronicle, cast } = options;
  await applyCrds((args) => controlPlane.kubectl(args), join(repository, 'crds'));
  await cast.startOperator();
  chronicle.say('the CRD is applied, the operator runs');
  await controlPlane.kubectl(['apply', '-f', set.path]);
  chronicle.say(`kubectl apply -f ${set.path.slice(repository.length + 1)}`, 'notice');
  cast.startProjector();
  await until(options, 'all mounts show their objects', () => cast.hasMounts());
  await cast.startServer();
  await until(options, 'the JWKS server answers', () => cast.serverAnswers());
  await until(options, 'the set is Ready', () => isTrue(chronicle, 'Ready'));
  cast.startVerifiers();
  await until(options, 'every verifier holds a JWKS', () => cast.verifiersAreReady());
  cast.startIssuers();
  chronicle.say('the issuers and the verifiers run', 'good');
}

function isTrue({ status }: Chronicle, condition: string): boolean {
  return (status.conditions ?? []).some(
    ({ type, status }) => type === condition && status === 'True',
  );
}

async function rotationWithKill(options: StoryOptions): Promise<void> {
  const { chronicle, cast } = options;
  const firstKid = chronicle.signerKid;
  await until(options, 'the first rotation', () => chronicle.signerKid !== firstKid);
  // The signer has just been written: none of what follows the switch has been done yet.
  await cast.killOperator();
  chronicle.operatorKills++;
  chronicle.mark('✗', 'kill -9 of the operator in the moment of the switch');
  await pause(options, OPERATOR_DOWN_MS);
  await cast.startOperator();
  chronicle.mark('↻', 'the operator is started again');
  await until(options, 'the switch is seen', () => chronicle.activeOrdinal() === 2);
}

async function requestedRotation(options: StoryOptions): Promise<void> {
  const { chronicle } = options;
  await until(options, '#3 is published', () => chronicle.stateOf(3) === 'Pending');
  await request(options, 'rotate');
  chronicle.mark('⟳', 'an annotation requests a rotation: the gate of #3 still holds');
  await until(options, 'the requested rotation', () => chronicle.activeOrdinal() === 3);
}

async function rotationWithoutJwks(options: StoryOptions): Promise<void> {
  const { chronicle, controlPlane, set } = options;
  // Half a lead before it is due: the gate of #4 starts again and makes the rotation late.
  const waitMs = set.terms.intervalMs - leadMs(set.terms) / 2;
  await until(options, 'the third rotation is near', () => {
    const activeMs = activatedMs(chronicle, 3);
    return activeMs !== null && chronicle.nowMs() >= activeMs + waitMs;
  });
  await controlPlane.kubectl([
    ...['-n', set.namespace, 'delete', 'configmap', set.jwksName, '--wait=false'],
  ]);
  chronicle.jwksDeletions++;
  chronicle.mark('✂', 'someone deletes the JWKS ConfigMap: every lead starts again');
  await until(options, 'the third rotation', () => chronicle.activeOrdinal() === 4);
  await until(options, '#3 is out of the JWKS', () => chronicle.stateOf(3) === 'Retired');
}

async function request(
  { controlPlane, set }: StoryOptions,
  verb: 'rotate' | 'rollback',
): Promise<void> {
  await controlPlane.kubectl([
    ...['-n', set.namespace, 'annotate', '--overwrite', 'sks', set.name],
    `signingkeys.dev/${verb}=${Date.now()}`,
  ]);
}

/** #5 has long been proven, so that it signs at once; and once it does, everybody regrets it. */
async function rollback(options: StoryOptions): Promise<void> {
  const { chronicle, cast } = options;
  await until(options, 'the standby is proven', () => isTrue(chronicle, 'StandbyReady'));
  await request(options, 'rotate');
  chronicle.mark('⟳', 'an annotation requests a rotation: #5 is proven, so it signs at once');
  await until(options, '#5 signs', () => chronicle.activeOrdinal() === 5);
  await until(options, 'the issuers sign with #5', () => cast.issuersSignWith(chronicle.kidOf(5)));
  await request(options, 'rollback');
  chronicle.mark('↶', 'an annotation requests a rollback: #4, the previous key, is to sign again');
  await until(options, '#4 signs again', () => chronicle.activeOrdinal() === 4);
  await until(options, 'the issuers sign with #4', () => cast.issuersSignWith(chronicle.kidOf(4)));
}

/** The thief continues until after the announced end, so that trust can't end for want of tokens. */
async function revocation(options: StoryOptions): Promise<void> {
  const { chronicle, cast } = options;
  await until(options, 'the standby is proven', () => isTrue(chronicle, 'StandbyReady'));
  const kid = chronicle.kidOf(4) ?? '';
  cast.startThief();
  await until(options, 'the thief signs', () => chronicle.forged > 0);
  chronicle.mark('!', 'a thief has copied the private key of #4, and signs with it from now on');
  cast.announceRevocation(kid);
  await until(options, 'the verifiers count apart', () => chronicle.revokedTotals() !== null);
  await revoke(options, kid);
  await until(options, 'the standby signs', () => chronicle.activeOrdinal() === 6);
  await until(options, '#4 is out of the JWKS', () => chronicle.revocation?.unpublishedMs != null);
  await until(options, 'the issuers sign with #6', () => cast.issuersSignWith(chronicle.kidOf(6)));
  await until(options, 'the announced end of trust', () => hasTrustEnded(chronicle, 0));
  chronicle.mark('●', 'the announced end of trust in #4: no verifier may accept it any more');
  await until(options, 'the thief is refused', () => hasTrustEnded(chronicle, THIEF_TRIES_MS));
  cast.stopThief();
}

/** The README's command. */
async function revoke({ controlPlane, set }: StoryOptions, kid: string): Promise<void> {
  const value = { kid, reason: 'KeyCompromise' };
  const patch = [{ op: 'add', path: '/spec/revocations/-', value }];
  await controlPlane.kubectl([
    ...['patch', 'sks', set.name, '--namespace', set.namespace],
    ...['--type=json', '--patch', JSON.stringify(patch)],
  ]);
}

function hasTrustEnded(chronicle: Chronicle, sinceMs: number): boolean {
  const endsMs = chronicle.revocation?.announcedMs ?? null;
  return endsMs !== null && chronicle.nowMs() >= endsMs + sinceMs;
}

/** By the status; null until the operator has seen it. */
function activatedMs({ status }: Chronicle, wanted: number): number | null {
  const time = status.keys?.find(({ ordinal }) => ordinal === wanted)?.activatedTime;
  return time === undefined ? null : Date.parse(time);
}

/** Every token is checked until it expires, so the end waits for the last ones. */
async function lastTokens(options: StoryOptions): Promise<void> {
  const { chronicle, cast, set } = options;
  cast.issue(false);
  chronicle.say('no more tokens are signed; the last ones are checked until they expire');
  await pause(options, set.terms.tokenTtlMs);
  await until(options, 'the last token expires', () =>
    chronicle.verifiers.every(({ alive }) => alive === 0),
  );
}

async function pause(options: StoryOptions, durationMs: number): Promise<void> {
  const endMs = options.chronicle.nowMs() + durationMs;
  await until(options, 'a pause', () => options.chronicle.nowMs() >= endMs);
}

async function until(
  { chronicle, cast, signal }: StoryOptions,
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  while (!(await condition())) {
    signal.throwIfAborted();
    cast.checkAllRun();
    if (chronicle.nowMs() - chronicle.startMs > STORY_MAX_MS) {
      const max = `${STORY_MAX_MS / 1000} s`;
      throw new StoryFault(`the demo is not through after ${max}: it still waits until ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}
