import type { SigningKeySet } from '../../src/api/signing-key-set.generated.ts';
import { API_GROUP_VERSION, SET_KIND, SET_PLURAL } from '../../src/core/formats/names.ts';
import { request } from './shared-control-plane.ts';

/** What the API server answers about a set: the set, or why not. */
export interface SetAnswer {
  readonly status: number;
  readonly set: SigningKeySet;
  /** Of a refusal. */
  readonly message: string;
}

/** Creates, reads and edits sets in one namespace, or objects of a copy of the CRD. */
export function setsIn(namespace: string, groupVersion = API_GROUP_VERSION) {
  const folder = `/apis/${groupVersion}/namespaces/${namespace}/${SET_PLURAL}`;
  const send = async (call: Parameters<typeof request>[0]): Promise<SetAnswer> => {
    const { status, body } = await request(call);
    return { status, set: body as SigningKeySet, message: (body as { message: string }).message };
  };
  const patch = (path: string, body: unknown) =>
    send({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body });
  const post = (path: string, name: string, spec: unknown, metadata: object) => {
    const body = {
      apiVersion: groupVersion,
      kind: SET_KIND,
      metadata: { name, ...metadata },
      spec,
    };
    return send({ method: 'POST', path, body });
  };
  return {
    create: (name: string, spec: unknown, metadata: object = {}) =>
      post(folder, name, spec, metadata),
    /** Stores nothing. */
    tryToCreate: (name: string, spec: unknown) => post(`${folder}?dryRun=All`, name, spec, {}),
    read: (name: string) => send({ method: 'GET', path: `${folder}/${name}` }),
    /** A merge patch: null removes. */
    edit: (name: string, body: unknown) => patch(`${folder}/${name}`, body),
    writeStatus: (name: string, status: unknown) => patch(`${folder}/${name}/status`, { status }),
  };
}
