import { waitFor } from '../support/wait/wait-for.ts';
import type { ApiAnswer, ApiRequest } from './control-plane/api-client.ts';

type Request = (call: Omit<ApiRequest, 'token'>) => Promise<ApiAnswer>;

const DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const REMOVE_TIMEOUT_MS = 30_000;

/**
 * Deletes a namespace with all that is in it, finalizers or not. In a whole cluster a controller
 * empties a deleted namespace; here there is none, and a test that leaves objects behind would
 * give them to the operator of the next one. After the first step nothing new can be made in it.
 */
export async function removeNamespace(namespace: string, request: Request): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}`;
  await request({ method: 'DELETE', path });
  await Promise.all(
    (await namespacedCollections(namespace, request)).map((collection) =>
      waitFor(() => isEmptied(collection, request), {
        timeoutMs: REMOVE_TIMEOUT_MS,
        describe: `${collection} to be empty`,
      }),
    ),
  );
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace }, spec: {} };
  await request({ method: 'PUT', path: `${path}/finalize`, body });
}

interface Discovery {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly scope: string;
        readonly verbs: readonly string[];
      }[];
    }[];
  }[];
}

/** The path of each kind's objects in the namespace, each kind once, in its preferred version. */
async function namespacedCollections(namespace: string, request: Request): Promise<string[]> {
  const paths: string[] = [];
  for (const path of ['/api', '/apis']) {
    const answer = await request({ method: 'GET', path, accept: DISCOVERY });
    for (const group of (answer.body as Discovery).items) {
      const name = group.metadata.name ?? '';
      const seen = new Set<string>();
      for (const { version, resources = [] } of group.versions) {
        for (const { resource, scope, verbs } of resources) {
          if (scope !== 'Namespaced' || !verbs.includes('deletecollection')) continue;
          if (seen.has(resource)) continue;
          seen.add(resource);
          const root = name === '' ? `/api/${version}` : `/apis/${name}/${version}`;
          paths.push(`${root}/namespaces/${namespace}/${resource}`);
        }
      }
    }
  }
  return paths;
}

interface List {
  readonly items?: readonly {
    readonly metadata: { readonly name: string; readonly finalizers?: readonly string[] };
  }[];
}

/** Deletes what is there and takes finalizers away; true when there is nothing left. */
async function isEmptied(collection: string, request: Request): Promise<boolean> {
  const { status, body } = await request({ method: 'GET', path: collection });
  if (status !== 200 && status !== 404) return false;
  const { items = [] } = body as List;
  if (items.length === 0) return true;
  // A bound pod would wait for its kubelet, and there is none.
  await request({ method: 'DELETE', path: `${collection}?gracePeriodSeconds=0` });
  for (const { metadata } of items.filter((item) => item.metadata.finalizers !== undefined)) {
    await request({
      method: 'PATCH',
      path: `${collection}/${metadata.name}`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { finalizers: null } },
    });
  }
  return false;
}
