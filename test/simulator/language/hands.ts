/** What people do to a set and its world: the verbs of the scenarios. */
import { ANNOTATION, keySecretName, REQUEST, SET_PLURAL } from '../../../src/core/formats/names.ts';
import type { Hand } from '../../fake-api/hand.ts';
import { child, type JsonObject, metadataOf, text } from '../../fake-api/json/json.ts';
import { FAST_SPEC } from '../../support/fast-spec.ts';
import { kidOf, signerKid, versionsOf } from '../record/views.ts';
import { signerDataOf, strangersSignerData } from '../world/signer-data.ts';
import { strangersObject } from '../world/strangers.ts';
import { Workloads } from '../world/workloads.ts';
import { NAMESPACE, SET_NAME, type World } from '../world/world.ts';
import { hold, release, withForgedTimes } from './edits.ts';
import { durationOf } from './scenario.ts';
import { editSpec } from './spec-edits.ts';

type Verb = (args: readonly string[]) => void;

const SIGNER = { resource: 'secrets', name: `${SET_NAME}-signer` };
const JWKS = { resource: 'configmaps', name: `${SET_NAME}-jwks` };
const SET = { resource: SET_PLURAL, name: SET_NAME };

/**
 * It rotates by hand alone, unless a scenario asks for more: a run can come to rest then. No two terms are
 * alike, and those that one might take for one another differ by more than the slack of a gate.
 */
const BASE_SPEC: JsonObject = {
  ...FAST_SPEC,
  algorithm: 'EdDSA',
  rotation: { interval: '720h' },
  tokenTTL: '9s',
  timing: { ...FAST_SPEC.timing, signerRefreshDelay: '6500ms', verifierLeeway: '5500ms' },
};

export class Hands {
  readonly #world: World;
  readonly #hand: Hand;
  readonly #workloads: Workloads;

  constructor(world: World) {
    this.#world = world;
    this.#workloads = new Workloads(world);
    this.#hand = world.api.hand;
  }

  /** @throws if the API server refuses, or the verb is not known. */
  act(verb: string, args: readonly string[]): void {
    const found = this.#verbs[verb];
    if (found === undefined) throw new Error(`the verb ${verb} is not known`);
    found(args);
  }

  readonly #verbs: Readonly<Record<string, Verb>> = {
    create: (args) => this.#create(args, BASE_SPEC),
    /** As soon as the set is gone, a tool that wants it to be there creates it again. */
    again: (args) => this.#createAgain(args),
    /** Nothing but what is named: all else is as it is by default. */
    declare: (args) => this.#create(args, {}),
    edit: (args) => this.#edit(this.#hand, args),
    /** An edit that the API server must refuse. It is a dry run, so it changes nothing in any case. */
    refused: (args) => this.#refused(args),
    annotate: (args) => this.#annotate(args),
    /** `revoke 1 C=60s`: the same edit changes a field as well. */
    revoke: ([key = '', ...edits]) => this.#revoke(key, edits),
    delete: (args) => this.#delete(args),
    /** `restore set-status N`: the status alone, as a tool does that writes all of it. */
    restore: ([what = '', version]) => {
      if (what === 'set-status') this.#restoreStatus(Number(version));
      else this.#restore(objectNamed(what), Number(version));
    },
    /** A key Secret again under another ordinal, with all its labels, annotations and type. */
    copy: ([from = '', to = '']) => this.#copy(objectNamed(from), objectNamed(to)),
    /** Made by someone else under a name of the set. */
    stranger: ([what = '']) => {
      const { resource, name } = objectNamed(what);
      this.#hand.create(resource, strangersObject(what, { namespace: NAMESPACE, name }));
    },
    wipe: () => {
      this.#hand.edit(SET_PLURAL, NAMESPACE, SET_NAME, (draft) => delete draft['status'], 'status');
    },
    /** `terms tokenTTL=40s`: an administrator says in the status which terms were declared. */
    terms: ([declared = '']) => {
      const [field = '', value = ''] = declared.split('=');
      const change = (draft: JsonObject) => {
        const status = child(draft, 'status');
        status['terms'] = { ...child(status, 'terms'), [field]: value };
      };
      this.#hand.edit(SET_PLURAL, NAMESPACE, SET_NAME, change, 'status');
    },
    /** As the namespace controller does it: the namespace first, then what is in it. */
    terminate: () => {
      this.#hand.delete('namespaces', '', NAMESPACE);
      for (const resource of [SET_PLURAL, 'secrets', 'configmaps']) {
        for (const object of this.#world.api.objects(resource, NAMESPACE)) {
          this.#hand.delete(resource, NAMESPACE, text(metadataOf(object), 'name'));
        }
      }
    },
    jwks: (args) => this.#editJwks(args),
    signer: (args) => this.#editSigner(args),
    /** A pod that takes the signer in a manner of workloads.ts; `once`, `cut-off`: see there. */
    pod: ([name = '', manner = '', how = '']) => this.#workloads.makePod(name, manner, how),
    unpod: ([name = '']) => this.#hand.delete('pods', NAMESPACE, name),
    bounce: ([name = '']) => this.#workloads.restartContainer(name),
    deployment: ([name = '', manner = '']) => this.#workloads.makeDeployment(name, manner),
    rollout: ([name = '']) => this.#workloads.restartDeployment(name),
    strip: ([what = '']) => this.#strip(objectNamed(what)),
    /** Someone's finalizer is set on an object; it is removed again. */
    hold: ([what = '']) => this.#change(objectNamed(what), hold),
    release: ([what = '']) => this.#change(objectNamed(what), release),
    /** The record of who set which field is wiped. */
    untrack: ([what = '']) => this.#untrack(objectNamed(what)),
    kill: ([slot]) => this.#world.kill(this.#member(slot)),
    /** Killed, and not started again for so long. */
    down: ([slot, forText = '']) => this.#world.kill(this.#member(slot), durationOf(forText)),
    pause: ([slot, forText = '']) => this.#world.pause(this.#member(slot), durationOf(forText)),
    clock: ([slot, offset = '']) => {
      this.#member(slot).host.offsetMs = durationOf(offset);
    },
    /** The API server's clock, by which it dates its answers. */
    server: ([offset = '']) => {
      this.#world.api.clockOffsetMs = durationOf(offset);
    },
    /** Whether answers carry a `Date`: something between may take it off. */
    date: ([is = '']) => {
      this.#world.api.isDated = is === 'on';
    },
    /** How long a request of an operator takes to the API server, and its answer back. */
    network: ([slot, oneWay = '']) => {
      this.#member(slot).networkMs = durationOf(oneWay);
    },
    /** A key Secret as a tool makes it that keeps neither its UID nor that it is immutable. */
    loosen: ([what = '']) => this.#loosen(objectNamed(what)),
    /** Key Secret A is edited to hold the private key of B, and nothing else changes. */
    swap: ([a = '', b = '']) => this.#swap(objectNamed(a), objectNamed(b)),
    /** `policy jwks label`: a field of world/policies.ts, from now on. */
    policy: ([what = '', field = '']) => {
      const { resource, name } = objectNamed(what);
      this.#world.fight(field, field.startsWith('status-') ? `${resource}.status` : resource, name);
    },
    /** One more operator, that does not ask for the lease. */
    second: () => {
      this.#world.start(this.#world.options.operators + 1, false);
    },
  };

  #refused([verb = '', ...args]: readonly string[]): void {
    if (verb !== 'edit') throw new Error(`only an edit is refused, not ${verb}`);
    try {
      this.#edit(this.#hand.onlyTrying(), args);
    } catch (error) {
      if (!(error as Error).message.includes(' is invalid: ')) throw error;
      return;
    }
    throw new Error('the API server does not refuse it');
  }

  #edit(hand: Hand, args: readonly string[]): void {
    hand.edit(SET_PLURAL, NAMESPACE, SET_NAME, (draft) => {
      args.reduce(editSpec, child(draft, 'spec'));
    });
  }

  #member(slot = '') {
    const member = this.#world.memberAt(Number(slot));
    if (member === null) throw new Error(`there is no operator ${slot} at the moment`);
    return member;
  }

  #create(args: readonly string[], base: JsonObject): void {
    const requests = args
      .filter((arg) => arg.startsWith('@'))
      .map((arg) => requestOf(arg.slice(1)));
    const spec = structuredClone(base);
    args.filter((arg) => !arg.startsWith('@')).reduce(editSpec, spec);
    this.#hand.create(SET_PLURAL, {
      metadata: {
        namespace: NAMESPACE,
        name: SET_NAME,
        annotations: Object.fromEntries(requests),
      },
      spec,
    });
  }

  #createAgain(args: readonly string[]): void {
    let isDone = false;
    this.#world.onChange(({ resource, name, after }) => {
      if (isDone || resource !== SET.resource || name !== SET.name || after !== null) return;
      isDone = true;
      this.#world.after(1, () => {
        const isThere = this.#hand.get(SET.resource, NAMESPACE, SET.name) !== null;
        if (!isThere) this.#create(args, BASE_SPEC);
      });
    });
  }

  #editSet(change: (draft: JsonObject) => void): void {
    this.#hand.edit(SET_PLURAL, NAMESPACE, SET_NAME, change);
  }

  #annotate([request = '']: readonly string[]): void {
    const [name, value] = requestOf(request);
    this.#editSet((draft) => {
      const annotations = { ...child(metadataOf(draft), 'annotations') };
      if (value === '') delete annotations[name];
      else annotations[name] = value === 'UID' ? text(metadataOf(draft), 'uid') : value;
      draft['metadata'] = { ...metadataOf(draft), annotations };
    });
  }

  /** @param key its ordinal, or a kid as someone mistyped it */
  #revoke(key: string, edits: readonly string[]): void {
    const kid = /^[0-9]+$/.test(key) ? kidOf(this.#world.changes, Number(key)) : key;
    this.#editSet((draft) => {
      const spec = edits.reduce(editSpec, child(draft, 'spec'));
      const before = Array.isArray(spec['revocations'])
        ? (spec['revocations'] as JsonObject[])
        : [];
      // The list is a map by kid: the API server refuses one that is there already.
      if (before.some((entry) => entry['kid'] === kid)) return;
      spec['revocations'] = [...before, { kid, reason: 'KeyCompromise' }];
    });
  }

  #delete([what = '', ordinal = '']: readonly string[]): void {
    const { resource, name } = what === 'key' ? objectNamed(ordinal) : objectNamed(what);
    this.#hand.delete(resource, NAMESPACE, name);
  }

  /** The object as it was after its n-th change, as a backup tool brings it back. */
  #restore({ resource, name }: Named, version: number): void {
    this.#hand.restore(resource, this.#saved({ resource, name }, version));
  }

  #restoreStatus(version: number): void {
    const status = this.#saved(SET, version)['status'];
    const change = (draft: JsonObject) => {
      if (status === undefined) delete draft['status'];
      else draft['status'] = status;
    };
    this.#hand.edit(SET_PLURAL, NAMESPACE, SET_NAME, change, 'status');
  }

  #saved({ resource, name }: Named, version: number): JsonObject {
    const saved = versionsOf(this.#world.changes, resource, name)[version - 1];
    if (saved === undefined) throw new Error(`there is no version ${version} of ${name}`);
    return saved;
  }

  #copy(from: Named, to: Named): void {
    const original = this.#mustGet(from.resource, from.name);
    const { labels = {}, annotations = {} } = metadataOf(original);
    const metadata = { namespace: NAMESPACE, name: to.name, labels, annotations };
    this.#hand.create(to.resource, { ...original, metadata });
  }

  #loosen({ resource, name }: Named): void {
    const { immutable: _, ...saved } = this.#mustGet(resource, name);
    this.#hand.restore(resource, saved);
  }

  #swap(a: Named, b: Named): void {
    const data = child(this.#mustGet(b.resource, b.name), 'data');
    this.#hand.edit(a.resource, NAMESPACE, a.name, (draft) => {
      draft['data'] = data;
    });
  }

  #mustGet(resource: string, name: string): JsonObject {
    const object = this.#hand.get(resource, NAMESPACE, name);
    if (object === null) throw new Error(`there is no ${name}`);
    return object;
  }

  #editJwks([how, ordinal]: readonly string[]): void {
    this.#hand.edit(JWKS.resource, NAMESPACE, JWKS.name, (draft) => {
      const data = child(draft, 'data');
      const { keys } = JSON.parse(text(data, 'jwks.json')) as { keys: { kid: string }[] };
      if (how === 'format') data['jwks.json'] = JSON.stringify({ keys }, null, 4);
      else if (how === 'garble') data['jwks.json'] = 'nonsense';
      else if (how === 'undo') draft['data'] = child(this.#jwksBefore(), 'data');
      else if (how === 'unledger')
        delete child(metadataOf(draft), 'annotations')[ANNOTATION.ledger];
      else if (how === 'drop') {
        const kid = kidOf(this.#world.changes, Number(ordinal));
        data['jwks.json'] = JSON.stringify({ keys: keys.filter((key) => key.kid !== kid) });
      } else throw new Error(`the edit ${how} is not known`);
    });
  }

  #jwksBefore(): JsonObject {
    return versionsOf(this.#world.changes, JWKS.resource, JWKS.name).at(-2) ?? {};
  }

  #editSigner([how, ordinal]: readonly string[]): void {
    this.#hand.edit(SIGNER.resource, NAMESPACE, SIGNER.name, (draft) => {
      const annotations = child(metadataOf(draft), 'annotations');
      if (how === 'unledger') delete annotations[ANNOTATION.ledger];
      else if (how === 'garble') annotations[ANNOTATION.ledger] = '{"version":1,"keys":';
      else if (how === 'empty') {
        for (const file of Object.keys(child(draft, 'data'))) child(draft, 'data')[file] = '';
      } else if (how === 'values') draft['data'] = this.#valuesOf(Number(ordinal));
      else if (how === 'key') draft['data'] = this.#valuesWith(Number(ordinal));
      else if (how === 'stranger') draft['data'] = strangersSignerData();
      else if (how === 'forge') annotations[ANNOTATION.ledger] = withForgedTimes(annotations);
      else throw new Error(`the edit ${how} is not known`);
    });
  }

  /** What the signer held while the key of this ordinal signed. */
  #valuesOf(ordinal: number): JsonObject {
    const { changes } = this.#world;
    const kid = kidOf(changes, ordinal);
    const held = versionsOf(changes, SIGNER.resource, SIGNER.name).findLast(
      (version) => signerKid(version) === kid,
    );
    if (held === undefined) throw new Error(`key #${ordinal} was never in the signer`);
    return child(held, 'data');
  }

  /** What the signer would hold if the key of this ordinal signed, made from its Secret. */
  #valuesWith(ordinal: number): JsonObject {
    const { resource, name } = objectNamed(String(ordinal));
    return signerDataOf(this.#mustGet(resource, name));
  }

  #untrack({ resource, name }: Named): void {
    this.#hand.edit(resource, NAMESPACE, name, (draft) => {
      draft['metadata'] = { ...metadataOf(draft), managedFields: [] };
    });
  }

  #change({ resource, name }: Named, change: (draft: JsonObject) => void): void {
    this.#hand.edit(resource, NAMESPACE, name, change);
  }

  /** Labels and annotations of an object are taken away. */
  #strip({ resource, name }: Named): void {
    this.#hand.edit(resource, NAMESPACE, name, (draft) => {
      const { labels: _labels, annotations: _annotations, ...rest } = metadataOf(draft);
      draft['metadata'] = rest;
    });
  }
}

interface Named {
  readonly resource: string;
  readonly name: string;
}

/** `signer`, `jwks`, `set`, or a key Secret by its ordinal. */
function objectNamed(what: string): Named {
  const named: Readonly<Record<string, Named>> = { signer: SIGNER, jwks: JWKS, set: SET };
  const found = named[what];
  if (found !== undefined) return found;
  if (!/^\d+$/.test(what)) throw new Error(`there is no object ${what}`);
  return { resource: 'secrets', name: keySecretName(SET_NAME, Number(what)) };
}

function requestOf(request: string): [string, string] {
  const [verb = '', value = ''] = request.split('=');
  const name = (REQUEST as Readonly<Record<string, string>>)[verb];
  if (name === undefined) throw new Error(`the request ${verb} is not known`);
  return [name, value];
}
