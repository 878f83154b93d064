/**
 * The real operator over the fake API, on a clock that only moves when a test says so. Several
 * operators can work in one world, each with a clock and a transport of its own.
 */
import { generateKeyPairSync } from 'node:crypto';
import { Registry } from '@prometheus-io/client';
import { SET_PLURAL } from '../../src/core/formats/names.ts';
import type { Algorithm } from '../../src/core/formats/spec.ts';
import type { Status } from '../../src/core/formats/status.ts';
import {
  createOperator,
  type Operator,
  type OperatorEnd,
} from '../../src/operator/create-operator.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { KeyMaker } from '../../src/platform/keys/key-maker.ts';
import { publicJwkOf } from '../../src/platform/keys/key-material.ts';
import type { Transport } from '../../src/platform/kube/transport.ts';
import { FakeApi, type WriteRecord } from '../fake-api/fake-api.ts';
import type { JsonObject } from '../fake-api/json/json.ts';
import { SIGNING_KEY_SETS } from '../fake-api/types/signing-key-sets.ts';
import { VirtualClock } from '../support/clock/virtual-clock.ts';
import { FAST_SPEC } from '../support/fast-spec.ts';
import { recordLog } from '../support/kube/log-recorder.ts';

export const NAMESPACE = 'auth';
/** The manager of `api.hand`. A DELETE of the operator names none, so this tells the two apart. */
const HAND = 'kubectl-edit';

export { FAST_SPEC } from '../support/fast-spec.ts';

export interface StartOptions {
  readonly transport?: Transport;
  readonly clock?: Clock;
  readonly identity?: string;
  readonly elected?: boolean;
  readonly keys?: KeyMaker;
  readonly namespaces?: readonly string[];
  readonly allowSecretCopies?: boolean;
}

export interface Started {
  readonly operator: Operator;
  readonly log: ReturnType<typeof recordLog>;
  readonly registry: Registry;
  /** Stops as SIGTERM does; the clock is moved so that it can. */
  stop(): Promise<OperatorEnd>;
}

export class OperatorWorld {
  readonly clock = new VirtualClock();
  readonly api: FakeApi;
  readonly #started: Started[] = [];

  constructor() {
    this.api = new FakeApi({ clock: this.clock, types: [SIGNING_KEY_SETS] });
    this.api.hand.namespace(NAMESPACE);
    this.api.hand.namespace('operators');
  }

  start(options: StartOptions = {}): Started {
    const log = recordLog();
    const registry = new Registry();
    const operator = createOperator({
      clock: options.clock ?? this.clock,
      transport: options.transport ?? this.api.transport,
      keys: options.keys ?? fixtureKeys,
      random: { float: () => 0.5, hex: counter() },
      log,
      metrics: registry,
      identity: options.identity ?? 'operator-1',
      workers: 4,
      checkIssuers: true,
      allowSecretCopies: options.allowSecretCopies ?? false,
      namespaces: options.namespaces ?? [],
      election: options.elected === true ? { namespace: 'operators', name: 'lease' } : null,
      drainMs: 5000,
    });
    const stopping = new AbortController();
    const ending = operator.run(stopping.signal);
    const started: Started = {
      operator,
      log,
      registry,
      stop: async () => {
        stopping.abort(new Error('the test stops it'));
        await this.clock.advance(100);
        return await ending;
      },
    };
    this.#started.push(started);
    return started;
  }

  async stopAll(): Promise<void> {
    for (const started of this.#started) await started.stop();
  }

  apply(name = 'payments', spec: JsonObject = FAST_SPEC, metadata: JsonObject = {}): void {
    this.api.hand.create(SET_PLURAL, {
      metadata: { namespace: NAMESPACE, name, ...metadata },
      spec,
    });
  }

  status(name = 'payments'): Status {
    return (this.api.hand.get(SET_PLURAL, NAMESPACE, name)?.['status'] ?? {}) as Status;
  }

  /** `Ready=True Signing`, or as it is. */
  condition(type: string, name = 'payments'): string {
    const found = this.status(name).conditions?.find((condition) => condition.type === type);
    return found === undefined ? 'none' : `${found.status} ${found.reason}`;
  }

  /** The values of a Secret, decoded; null if there is none. */
  secret(name: string): Readonly<Record<string, string>> | null {
    const data = this.api.hand.get('secrets', NAMESPACE, name)?.['data'];
    if (data === undefined) return null;
    const entries = Object.entries(data as Record<string, string>);
    return Object.fromEntries(
      entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  }

  jwks(name = 'payments-jwks'): { readonly keys: readonly { readonly kid: string }[] } | null {
    const data = this.api.hand.get('configmaps', NAMESPACE, name)?.['data'] as
      | Record<string, string>
      | undefined;
    return data === undefined ? null : JSON.parse(data['jwks.json'] ?? '{"keys":[]}');
  }

  /** States by ordinal, such as `#1 Retiring, #2 Active`. */
  keys(name = 'payments'): string {
    return (this.status(name).keys ?? [])
      .map(({ ordinal, state }) => `#${ordinal} ${state}`)
      .join(', ');
  }

  /** The operators' writes that were let through, of objects but events. */
  operatorWrites(since = 0): readonly WriteRecord[] {
    return this.api.writes.slice(since).filter(({ manager, resource, status }) => {
      return manager !== HAND && resource !== 'events' && status < 300;
    });
  }
}

/** EC keys made on the spot: a thread pool would not keep step with a virtual clock. */
export const fixtureKeys: KeyMaker = {
  async make({ algorithm }) {
    const privatePem = fixturePem(algorithm);
    const publicJwk = publicJwkOf(privatePem, algorithm);
    if ('problem' in publicJwk) throw new Error(publicJwk.problem);
    return { kid: publicJwk.kid, publicJwk, privatePem };
  },
};

function fixturePem(algorithm: Algorithm): string {
  const encoding = { privateKeyEncoding: { type: 'pkcs8', format: 'pem' } } as const;
  const spki = { publicKeyEncoding: { type: 'spki', format: 'pem' } } as const;
  if (algorithm === 'ES256') {
    return generateKeyPairSync('ec', { namedCurve: 'P-256', ...encoding, ...spki }).privateKey;
  }
  if (algorithm === 'EdDSA')
    return generateKeyPairSync('ed25519', { ...encoding, ...spki }).privateKey;
  throw new Error(`no fixture of ${algorithm}`);
}

function counter(): (bytes: number) => string {
  let count = 0;
  return (bytes) => (++count).toString(16).padStart(2 * bytes, '0');
}
