import { read } from '../cluster/cluster.ts';

interface Summary {
  readonly pods: readonly {
    readonly podRef: { readonly namespace: string };
    readonly containers?: readonly {
      readonly name: string;
      readonly memory?: { readonly workingSetBytes?: number };
    }[];
  }[];
}

interface NodeNames {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

const MEGABYTE = 1_000_000;

/** What the containers of a name take in a namespace, as their kubelets count it; in megabytes. */
export async function memoryOf(namespace: string, container: string): Promise<readonly number[]> {
  const nodes = (await read<NodeNames>('/api/v1/nodes'))?.items ?? [];
  const summaries = await Promise.all(
    nodes.map(({ metadata }) =>
      read<Summary>(`/api/v1/nodes/${metadata.name}/proxy/stats/summary`),
    ),
  );
  return summaries
    .flatMap((summary) => summary?.pods ?? [])
    .filter(({ podRef }) => podRef.namespace === namespace)
    .flatMap(({ containers }) => containers ?? [])
    .filter(({ name }) => name === container)
    .map(({ memory }) => Math.round((memory?.workingSetBytes ?? 0) / MEGABYTE));
}
