import type { KubeRequest } from '../../src/platform/kube/transport.ts';
import { type JsonObject, metadataOf, nameOf, namespaceOf, without } from './json/json.ts';
import type { Answer } from './server.ts';
import { apiVersionOf, type ResourceType } from './types/resource-types.ts';
import { Watch } from './watch.ts';

type Send = (request: KubeRequest) => { readonly answer: Answer };

/** What a backup does not keep, or a cluster would not take back. */
const SERVER_FIELDS = [
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'generation',
  'managedFields',
];

/**
 * A person or another tool at work on the cluster, under a field manager of its own. Acts at
 * once; throws if the server refuses.
 */
export class Hand {
  readonly #send: Send;
  readonly #types: readonly ResourceType[];
  readonly #manager: string;
  readonly #dryRun: boolean;

  constructor(
    send: Send,
    types: readonly ResourceType[],
    manager = 'kubectl-edit',
    dryRun = false,
  ) {
    this.#send = send;
    this.#types = types;
    this.#manager = manager;
    this.#dryRun = dryRun;
  }

  /** The same person under another name. */
  as(manager: string): Hand {
    return new Hand(this.#send, this.#types, manager, this.#dryRun);
  }

  /** The same person, whose writes are dry runs: checked like any other, and not stored. */
  onlyTrying(): Hand {
    return new Hand(this.#send, this.#types, this.#manager, true);
  }

  namespace(name: string): JsonObject {
    return this.create('namespaces', { metadata: { name } });
  }

  get(resource: string, namespace: string, name: string): JsonObject | null {
    const { status, body } = this.#ask('GET', this.#path(resource, namespace, name));
    return status === 404 ? null : body;
  }

  create(resource: string, object: JsonObject): JsonObject {
    const type = this.#typeOf(resource);
    const whole = { apiVersion: apiVersionOf(type), kind: type.kind, ...object };
    return this.#must('POST', this.#path(resource, namespaceOf(object), ''), whole);
  }

  /**
   * Reads, lets `change` edit a copy, and writes it back.
   * @param subresource `status` to write a status
   */
  edit(
    resource: string,
    namespace: string,
    name: string,
    change: (draft: JsonObject) => void,
    subresource = '',
  ): JsonObject {
    const path = this.#path(resource, namespace, name);
    const draft = structuredClone(this.#must('GET', path));
    change(draft);
    return this.#must('PUT', subresource === '' ? path : `${path}/${subresource}`, draft);
  }

  delete(resource: string, namespace: string, name: string): void {
    this.#must('DELETE', this.#path(resource, namespace, name));
  }

  /** Takes the finalizers off and deletes: gone at once. */
  erase(resource: string, namespace: string, name: string): void {
    this.edit(resource, namespace, name, (draft) => {
      draft['metadata'] = without(metadataOf(draft), 'finalizers');
    });
    if (this.get(resource, namespace, name)) this.delete(resource, namespace, name);
  }

  /** Puts an earlier state back as a backup tool does: deletes what is there, creates again. */
  restore(resource: string, saved: JsonObject): JsonObject {
    const [namespace, name] = [namespaceOf(saved), nameOf(saved)];
    if (this.get(resource, namespace, name)) this.erase(resource, namespace, name);
    const metadata = without(metadataOf(saved), ...SERVER_FIELDS);
    const restored = this.create(resource, { ...saved, metadata });
    if (!this.#typeOf(resource).statusSubresource || saved['status'] === undefined) return restored;
    const { status } = saved;
    const withStatus = (draft: JsonObject) => {
      draft['status'] = status;
    };
    return this.edit(resource, namespace, name, withStatus, 'status');
  }

  /** Deletes everything in a namespace and the namespace, as its controller would. */
  removeNamespace(name: string): void {
    this.delete('namespaces', '', name);
    for (const type of this.#types.filter(({ namespaced }) => namespaced)) {
      for (const object of this.#list(type, name)) this.erase(type.plural, name, nameOf(object));
    }
    const namespace = this.#path('namespaces', '', name);
    this.#must('PUT', `${namespace}/finalize`, { metadata: { name }, spec: {} });
  }

  #list(type: ResourceType, namespace: string): JsonObject[] {
    const { items } = this.#must('GET', this.#path(type.plural, namespace, ''));
    return Array.isArray(items) ? (items as JsonObject[]) : [];
  }

  #typeOf(resource: string): ResourceType {
    const type = this.#types.find(({ plural }) => plural === resource);
    if (!type) throw new RangeError(`no such resource in the fake API: ${resource}`);
    return type;
  }

  #path(resource: string, namespace: string, name: string): string {
    const type = this.#typeOf(resource);
    const root = type.group === '' ? '/api' : `/apis/${type.group}`;
    const place = type.namespaced ? `/namespaces/${namespace}` : '';
    return `${root}/${type.version}${place}/${resource}${name === '' ? '' : `/${name}`}`;
  }

  #must(method: KubeRequest['method'], path: string, body?: JsonObject): JsonObject {
    const answer = this.#ask(method, path, body);
    if (answer.status < 300) return answer.body;
    throw new Error(`${this.#manager}: ${method} ${path}: ${String(answer.body['message'])}`);
  }

  #ask(method: KubeRequest['method'], path: string, body?: JsonObject) {
    const { answer } = this.#send({
      method,
      path,
      query: { fieldManager: this.#manager, ...(this.#dryRun ? { dryRun: 'All' } : {}) },
      headers: { 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (answer.body instanceof Watch) throw new TypeError('an edit by hand does not watch');
    return { status: answer.status, body: answer.body };
  }
}
