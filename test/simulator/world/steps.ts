/**
 * What an operator asks of the API server, by names that stay the same from run to run: the verb,
 * the object, and how many times it was so asked before. `update:secrets:payments-signer:3`.
 */
import type { KubeRequest } from '../../../src/platform/kube/transport.ts';
import type { Fault, WatchFault } from '../../fake-api/faults/fault.ts';
import type { RequestInfo } from '../../fake-api/requests/request-info.ts';

export type StepKind = 'read' | 'write' | 'watch' | 'event';

export interface Step {
  /** `verb:object:n`, unique within a run. */
  readonly key: string;
  readonly kind: StepKind;
  readonly verb: string;
  /** Plural; with its subresource, such as `signingkeysets.status`. */
  readonly resource: string;
  readonly namespace: string;
  /** `-` if the request is about more than one namespace, or its name is random. */
  readonly name: string;
  /** Of a read: how many earlier states of what it reads there are. */
  readonly snapshots: number;
  readonly who: string;
}

/** What becomes of one step; each part is optional. */
export interface StepFault {
  /** Before the request is sent. */
  before?(request: KubeRequest): void;
  /** On its way. */
  wire?(request: KubeRequest): readonly Fault[];
  /** When the server has answered it, before the operator knows. */
  after?(): void;
  /** Of a watch's line. */
  readonly line?: WatchFault;
}

const KINDS: Readonly<Record<string, StepKind>> = {
  get: 'read',
  list: 'read',
  watch: 'watch',
  event: 'event',
};

export class StepCounter {
  readonly #counts = new Map<string, number>();

  ofRequest(info: RequestInfo, who: string, body: string | undefined, snapshots: number): Step {
    const resource =
      info.subresource === '' ? info.resource : `${info.resource}.${info.subresource}`;
    return this.#next({
      verb: info.verb,
      resource,
      namespace: info.namespace,
      name: nameOf(info, body),
      snapshots,
      who,
    });
  }

  /** A line of a watch: an event of one object. */
  ofLine(resource: string, name: string, who: string): Step {
    return this.#next({ verb: 'event', resource, namespace: '', name, snapshots: 0, who });
  }

  #next(about: Omit<Step, 'key' | 'kind'>): Step {
    const base = `${about.verb}:${about.resource}:${about.name}`;
    const count = (this.#counts.get(base) ?? 0) + 1;
    this.#counts.set(base, count);
    return { ...about, key: `${base}:${count}`, kind: KINDS[about.verb] ?? 'write' };
  }
}

const NAME_IN_BODY = /"metadata":\{[^{}]*?"name":"([^"]+)"/;

function nameOf({ verb, resource, namespace, name }: RequestInfo, body = ''): string {
  if (name !== '') return name;
  if (verb === 'create' && resource !== 'events') return NAME_IN_BODY.exec(body)?.[1] ?? '-';
  return namespace === '' || resource === 'events' ? '-' : namespace;
}
