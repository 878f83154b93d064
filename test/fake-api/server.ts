/** From a request to an answer: routing, content types, and the verbs over the store. */
import type { KubeRequest } from '../../src/platform/kube/transport.ts';
import { type JsonObject, metadataOf, nameOf, without } from './json/json.ts';
import { list, type Query, readAsOf } from './list.ts';
import { decode, encode, parseBody, parseJson } from './requests/decode.ts';
import { goDurationMs } from './requests/go-duration.ts';
import { formOf, shown, shownList } from './requests/negotiate.ts';
import { jsonPatch, mergePatch } from './requests/patch.ts';
import { type RequestInfo, requestInfo } from './requests/request-info.ts';
import type { Store } from './store.ts';
import { apiVersionOf, type ResourceType, storageOf } from './types/resource-types.ts';
import { badRequest, failure, invalid, notFound, requestTimeout } from './types/status-error.ts';
import { Watch } from './watch.ts';
import type { WriteOptions, Writes } from './writes.ts';

export interface Answer {
  readonly status: number;
  /** A value is sent as JSON; a watch as a stream of lines. */
  readonly body: JsonObject | Watch;
}

interface Call {
  readonly type: ResourceType;
  readonly info: RequestInfo;
  readonly request: KubeRequest;
  readonly query: Query;
}

export class Server {
  readonly #types: readonly ResourceType[];
  readonly #store: Store;
  readonly #writes: Writes;

  constructor(types: readonly ResourceType[], store: Store, writes: Writes) {
    this.#types = types;
    this.#store = store;
    this.#writes = writes;
  }

  /**
   * Answers one request, at once and whole: nothing else happens in between.
   * @param asOf reads see the world at this revision
   * @param processingMs how long the server would have needed, against `?timeout=`
   * @throws StatusError for every answer that is no success
   */
  handle(request: KubeRequest, asOf: number, processingMs: number): Answer {
    const info = requestInfo(request);
    const call: Call = { type: this.#typeOf(info), info, request, query: request.query ?? {} };
    checkTimeout(call.query, processingMs);
    switch (info.verb) {
      case 'get':
        return this.#get(call, asOf);
      case 'list':
        return this.#list(call, asOf);
      case 'watch':
        return this.#watch(call);
      case 'create':
        return this.#create(call);
      case 'update':
        return this.#update(call);
      case 'patch':
        return this.#patch(call);
      case 'delete':
        return this.#delete(call);
      default:
        throw notAllowed();
    }
  }

  #typeOf(info: RequestInfo): ResourceType {
    const type = this.#types.find(
      ({ group, version, plural }) =>
        group === info.group && version === info.version && plural === info.resource,
    );
    const doors = ['', ...(type?.statusSubresource ? ['status'] : [])];
    if (type?.plural === 'namespaces') doors.push('finalize');
    if (!type || !doors.includes(info.subresource)) {
      throw failure(404, 'NotFound', 'the server could not find the requested resource', {});
    }
    return type;
  }

  #get({ type, info, request }: Call, asOf: number): Answer {
    const form = formOf(request.headers?.['accept'] ?? '*/*', false);
    const found = readAsOf(this.#store, type, info, asOf);
    if (!found) throw notFound(type, info.name);
    return { status: 200, body: shown(encode(type, found), form) };
  }

  #list({ type, info, request, query }: Call, asOf: number): Answer {
    const form = formOf(request.headers?.['accept'] ?? '*/*', true);
    const page = list(this.#store, type, info.namespace, query, asOf);
    const items = page.items.map((item) => {
      const object = encode(type, item);
      // The items of built-in types don't repeat their kind.
      return form === 'metadata' || type.custom ? object : without(object, 'kind', 'apiVersion');
    });
    return {
      status: 200,
      body: shownList(type.kind, apiVersionOf(type), page.metadata, items, form),
    };
  }

  #watch({ type, info, request, query }: Call): Answer {
    const form = formOf(request.headers?.['accept'] ?? '*/*', false);
    const show = (object: JsonObject) => shown(encode(type, object), form);
    return { status: 200, body: new Watch(this.#store, type, info.namespace, query, show) };
  }

  #create(call: Call): Answer {
    const { type, info, request } = call;
    if (info.name !== '') throw notAllowed();
    const sent = decode(type, sentObject(request), info, isStrict(call));
    const created = this.#writes.create(type, sent, optionsOf(call));
    return this.#written(call, 201, created);
  }

  #update(call: Call): Answer {
    const { type, info, request } = call;
    if (info.name === '') throw notAllowed();
    const sent = decode(type, sentObject(request), info, isStrict(call));
    if (info.subresource === 'finalize') {
      const spec = (sent['spec'] ?? {}) as JsonObject;
      return this.#written(call, 200, this.#writes.finalize(type, info.name, spec));
    }
    const existed = this.#store.get(storageOf(type), `${info.namespace}/${info.name}`) !== null;
    const written = this.#writes.update(type, sent, optionsOf(call));
    return this.#written(call, existed ? 200 : 201, written);
  }

  #patch(call: Call): Answer {
    const { type, info, request } = call;
    const kind = (request.headers?.['content-type'] ?? '').split(';')[0]?.trim();
    if (kind !== 'application/merge-patch+json' && kind !== 'application/json-patch+json') {
      throw failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
    }
    const live = this.#store.get(storageOf(type), `${info.namespace}/${info.name}`);
    if (!live) throw notFound(type, info.name);
    const patch = parseJson(request.body);
    const patched =
      kind === 'application/json-patch+json'
        ? jsonPatch(encode(type, live), patch)
        : mergePatch(encode(type, live), patch);
    const sent = decode(type, patched as JsonObject, info, isStrict(call));
    const written = this.#writes.update(type, sent, { ...optionsOf(call), patch: true });
    return this.#written(call, 200, written);
  }

  #delete(call: Call): Answer {
    const { type, info, request, query } = call;
    if (info.subresource !== '') throw notAllowed();
    const body = request.body ? parseBody(request.body) : {};
    const wish = { ...body };
    if (query['propagationPolicy']) wish['propagationPolicy'] = query['propagationPolicy'];
    checkPropagation(type, wish);
    const dryRun = isDryRun(query) || JSON.stringify(wish['dryRun'] ?? []) === '["All"]';
    const { live, left } = this.#writes.delete(type, info, wish, dryRun);
    if (left) return this.#written(call, 200, left);
    const details = {
      name: nameOf(live),
      ...(type.group === '' ? {} : { group: type.group }),
      kind: type.plural,
      uid: metadataOf(live)['uid'] ?? '',
    };
    const head = { kind: 'Status', apiVersion: 'v1', metadata: {} };
    return { status: 200, body: { ...head, status: 'Success', details } };
  }

  #written({ type, request }: Call, status: number, object: JsonObject): Answer {
    const form = formOf(request.headers?.['accept'] ?? '*/*', false);
    return { status, body: shown(encode(type, object), form) };
  }
}

function notAllowed() {
  const message = 'the server does not allow this method on the requested resource';
  return failure(405, 'MethodNotAllowed', message, {});
}

function sentObject(request: KubeRequest): JsonObject {
  const kind = (request.headers?.['content-type'] ?? 'application/json').split(';')[0]?.trim();
  if (kind !== 'application/json') {
    throw failure(
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json',
    );
  }
  return parseBody(request.body);
}

function isStrict({ query }: Call): boolean {
  return query['fieldValidation'] === 'Strict';
}

/** @throws StatusError 422 for a `dryRun` other than `All`. */
function isDryRun(query: Query): boolean {
  const dryRun = query['dryRun'] ?? '';
  if (dryRun === '' || dryRun === 'All') return dryRun === 'All';
  throw unsupported('dryRun', dryRun);
}

function unsupported(field: string, value: string) {
  const type = { group: 'meta.k8s.io', kind: 'DeleteOptions', custom: true } as ResourceType;
  const message = `Unsupported value: "${value}"`;
  return invalid(type, '', [{ reason: 'FieldValueNotSupported', field, message }]);
}

function checkPropagation(type: ResourceType, wish: JsonObject): void {
  const policy = wish['propagationPolicy'];
  if (policy === undefined || policy === null || type.plural === '') return;
  if (['Foreground', 'Background', 'Orphan'].includes(String(policy))) return;
  throw unsupported('propagationPolicy', String(policy));
}

/** The writer's name: `fieldManager`, or else the User-Agent up to its first slash. */
function optionsOf({ info, request, query }: Call): WriteOptions {
  const agent = (request.headers?.['user-agent'] ?? 'unknown').split('/')[0] ?? '';
  return {
    manager: query['fieldManager'] || agent,
    dryRun: isDryRun(query),
    subresource: info.subresource,
    patch: false,
  };
}

/** @throws StatusError 400 for a timeout that is no duration, 504 for one too short. */
function checkTimeout(query: Query, processingMs: number): void {
  const timeout = query['timeout'] ?? '';
  if (timeout === '') return;
  const timeoutMs = goDurationMs(timeout);
  if (timeoutMs === null) {
    throw badRequest(
      `invalid timeout specified in the request URL - time: invalid duration "${timeout}"`,
    );
  }
  if (timeoutMs > 0 && timeoutMs < processingMs) throw requestTimeout();
}
