/**
 * Scenarios as text: a line is a moment and what happens then; everything between is the
 * operator's. `#` starts a comment. `terms` comes first; `show from 12s`
 * leaves out what is before; after `quietly` the operator does not act.
 */
import { ANNOTATION, LABEL, REQUEST } from '../../../src/core/formats/names.ts';
import { ALGORITHMS, type Spec, type Terms } from '../../../src/core/formats/spec.ts';
import { parseDurationMs } from '../../../src/core/formats/time.ts';
import { formatOwner } from '../../../src/core/reading/ownership.ts';
import { fixtureJwk } from './fixture-jwk.ts';
import { DEFAULT_SPEC, FAST_SPEC, kindOfAlgorithm } from './fixtures.ts';
import { ledgerOf } from './states.ts';
import { Timeline } from './timeline.ts';
import { START_MS, World } from './world.ts';

export function runScenario(text: string): string {
  const scenario = new Scenario();
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.replace(/#.*/, '').trim().split(/\s+/);
    if (words[0] === '') continue;
    try {
      scenario.take(words);
    } catch (error) {
      throw new Error(`line ${index + 1} (${line}): ${(error as Error).message}`, { cause: error });
    }
  }
  return scenario.timeline.text();
}

type Command = (args: readonly string[]) => void;

class Scenario {
  readonly #world = new World();
  readonly timeline = new Timeline(this.#world);
  readonly #saved = new Map<string, () => void>();
  #base: Spec = FAST_SPEC;

  take([when = '', ...rest]: readonly string[]): void {
    if (when === 'terms') {
      this.#base = rest[0] === 'default' ? DEFAULT_SPEC : FAST_SPEC;
      return;
    }
    if (when === 'show') {
      this.timeline.showFromMs = START_MS + durationMs(rest[1] ?? '');
      return;
    }
    this.#goOnUntil(START_MS + durationMs(when));
    if (rest[0] === 'end') return;
    const isQuiet = rest[0] === 'quietly';
    const [verb = '', ...args] = isQuiet ? rest.slice(1) : rest;
    const command = this.#commands[verb];
    if (command === undefined) throw new Error(`the verb ${verb} is not known`);
    command(args);
    this.timeline.noteHand(rest.join(' '));
    if (!isQuiet && verb !== 'writes' && this.#world.api.set !== null) this.#world.settle();
  }

  #goOnUntil(atMs: number): void {
    const world = this.#world;
    if (atMs <= world.nowMs) return;
    if (world.api.set === null) world.nowMs = atMs;
    else world.runUntil(atMs);
  }

  readonly #commands: Readonly<Record<string, Command>> = {
    create: (args) => this.#create(args),
    edit: (args) => this.#world.hands.editSpec((spec) => args.reduce(editedSpec, spec)),
    annotate: (args) => this.#annotate(args),
    clock: ([skew = '']) => {
      this.#world.skewMs = skew.startsWith('-') ? -durationMs(skew.slice(1)) : durationMs(skew);
    },
    /** Answers without a Date, or with one again. */
    date: ([value]) => {
      this.#world.hasDate = value === 'on';
    },
    /** The operator is not there for so long. */
    down: ([forText = '']) => {
      this.#world.nowMs += durationMs(forText);
    },
    /** The operator makes this number of writes, and is killed. */
    writes: ([count]) => {
      for (let made = 0; made < Number(count); made += 1) this.#world.runPass();
    },
    save: ([what = '', name = '']) => this.#save(what, name),
    restore: ([name = '']) => this.#saved.get(name)?.(),
    delete: (args) => this.#delete(args),
    wipe: () => this.#world.hands.wipeStatus(),
    terminate: () => {
      this.#world.api.namespaceTerminating = true;
    },
    jwks: (args) => this.#editJwks(args),
    signer: (args) => this.#editSigner(args),
    strip: (args) => this.#strip(args),
    plant: (args) => this.#plant(args),
  };

  #create(args: readonly string[]): void {
    const requests = args.filter((arg) => arg.startsWith('@'));
    const annotations = Object.fromEntries(requests.map((arg) => this.#request(arg.slice(1))));
    const name = args.find((arg) => arg.startsWith('name='))?.slice(5) ?? 'payments';
    const edits = args.filter((arg) => !arg.startsWith('@') && !arg.startsWith('name='));
    this.#world.hands.createSet(edits.reduce(editedSpec, this.#base), annotations, name);
  }

  #request(text: string): [string, string] {
    const [verb = '', value = ''] = text.split('=');
    const name = (REQUEST as Readonly<Record<string, string>>)[verb];
    if (name === undefined) throw new Error(`the request ${verb} is not known`);
    return [name, value === 'UID' ? (this.#world.api.set?.ref.uid ?? '') : value];
  }

  #annotate([text = '']: readonly string[]): void {
    const [name, value] = this.#request(text);
    this.#world.hands.annotate(name, value === '' ? null : value);
  }

  #save(what: string, name: string): void {
    const { api, hands } = this.#world;
    const { signer, jwks } = api;
    if (what === 'signer' && signer) this.#saved.set(name, () => hands.restoreSigner(signer));
    else if (what === 'jwks' && jwks) this.#saved.set(name, () => hands.restoreJwks(jwks));
    else {
      const secret = hands.keySecret(Number(what));
      this.#saved.set(name, () => hands.restoreKeySecret(secret));
    }
  }

  #delete([what = '', ordinal]: readonly string[]): void {
    const { hands } = this.#world;
    if (what === 'key') hands.deleteKeySecret(Number(ordinal));
    else if (what === 'jwks') hands.deleteJwks();
    else if (what === 'signer') hands.deleteSigner();
    else if (what === 'set') hands.deleteSet();
    else if (what === 'finalizer') hands.dropFinalizer();
    else throw new Error(`${what} can't be deleted`);
  }

  #editJwks([how, kid = '']: readonly string[]): void {
    const { hands } = this.#world;
    if (how === 'drop') hands.editJwksKeys((keys) => keys.filter((key) => key.kid !== kid));
    else if (how === 'add')
      hands.editJwksKeys((keys) => [...keys, fixtureJwk(kid, this.#base.kind)]);
    else if (how === 'label') {
      hands.editJwksMeta((meta) => ({ ...meta, labels: { ...meta.labels, [kid]: 'yes' } }));
    } else if (how === 'unledger') {
      hands.editJwksMeta((meta) => {
        const { [ANNOTATION.ledger]: _, ...annotations } = meta.annotations;
        return { ...meta, annotations };
      });
    } else hands.editJwksFile('jwks.json', 'nonsense');
  }

  #editSigner([how, kid = '']: readonly string[]): void {
    const { hands } = this.#world;
    const { kind } = this.#base;
    if (how === 'unledger') hands.annotateSigner(ANNOTATION.ledger, null);
    else if (how === 'garble') hands.annotateSigner(ANNOTATION.ledger, '{"version":1,"keys":');
    else if (how === 'newer') hands.annotateSigner(ANNOTATION.ledger, '{"version":99}');
    else {
      const publicJwk = fixtureJwk(kid, kind);
      const content = { kind: 'Key', kid, publicJwk, keyKind: kind } as const;
      hands.editSigner((signer) => ({ ...signer, content }));
    }
  }

  /** Labels and annotations of an object are taken away. */
  #strip([what = '']: readonly string[]): void {
    const { hands, api } = this.#world;
    const bare = { labels: {}, annotations: {} };
    if (what === 'jwks') hands.editJwksMeta((meta) => ({ ...meta, ...bare }));
    else if (what === 'signer') {
      hands.editSigner((signer) => ({ ...signer, meta: { ...signer.meta, ...bare } }));
    } else {
      const secret = hands.keySecret(Number(what));
      const resourceVersion = api.nextVersion();
      api.putKeySecret({ ...secret, meta: { ...secret.meta, ...bare, resourceVersion } });
    }
  }

  /** A key Secret that a late POST, or a stranger, puts there. */
  #plant([ordinal = '', kid = '', whose = 'ours']: readonly string[]): void {
    const { set } = this.#world.api;
    if (set === null) throw new Error('there is no set');
    const isOurs = whose === 'ours';
    const owner = isOurs ? set.ref : { namespace: 'other', name: 'set', uid: 'uid-x' };
    const epoch = String(ledgerOf(this.#world).epochMs);
    const metadata = {
      labels: { [LABEL.set]: set.ref.name },
      annotations: {
        [ANNOTATION.owner]: formatOwner(owner),
        [ANNOTATION.ordinal]: ordinal,
        ...(isOurs ? { [ANNOTATION.epoch]: epoch } : {}),
      },
    };
    this.#world.hands.plantKeySecret(Number(ordinal), kid, metadata);
  }
}

function durationMs(text: string): number {
  const found = parseDurationMs(text);
  if (found === null) throw new Error(`${text} is no duration`);
  return found;
}

const TERMS: Readonly<Record<string, keyof Terms>> = {
  T: 'tokenTtlMs',
  C: 'verifierCacheTtlMs',
  H: 'sharedCacheTtlMs',
  P: 'publicationDelayMs',
  Ps: 'signerRefreshDelayMs',
  L: 'verifierLeewayMs',
  S: 'clockSkewMs',
};

function editedSpec(spec: Spec, edit: string): Spec {
  const [name = '', value = ''] = edit.split('=');
  const term = TERMS[name];
  if (term !== undefined) {
    const terms = { ...spec.terms, [term]: durationMs(value) };
    return { ...spec, terms: { ...terms, verifierTrustMs: terms.verifierCacheTtlMs } };
  }
  switch (name) {
    case 'I':
      return { ...spec, rotation: { ...spec.rotation, intervalMs: durationMs(value) } };
    case 'standby':
    case 'suspend':
      return { ...spec, rotation: { ...spec.rotation, [name]: value === 'true' } };
    case 'deletionPolicy':
      return { ...spec, deletionPolicy: value === 'Delete' ? 'Delete' : 'Retain' };
    case 'issuer':
      return { ...spec, issuer: value };
    case 'onRevoke':
      return {
        ...spec,
        onRevokeWithoutStandby: value === 'FailClosed' ? value : 'SignImmediately',
      };
    case 'revoke': {
      const revocations = value
        .split(',')
        .map((kid) => ({ kid, reason: 'KeyCompromise' as const }));
      return { ...spec, revocations: [...spec.revocations, ...revocations] };
    }
    case 'unrevoke':
      return { ...spec, revocations: spec.revocations.filter(({ kid }) => kid !== value) };
    case 'forever':
      // Verifiers that know a key until they are restarted.
      return {
        ...spec,
        terms: { ...spec.terms, verifierTrustMs: null },
        restartToForget: value.split(','),
      };
    case 'algorithm': {
      const algorithm = ALGORITHMS.find((known) => known === value);
      if (algorithm === undefined) throw new Error(`${value} is no algorithm`);
      return { ...spec, kind: kindOfAlgorithm(algorithm) };
    }
    default:
      throw new Error(`the field ${name} is not known`);
  }
}
