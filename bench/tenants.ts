/**
 * Whether one tenant slows another: while one namespace fills with sets, keys are revoked and rotated in
 * another one, on a real API server.
 */
import { API_GROUP_VERSION, SET_KIND, SET_PLURAL } from '../src/core/formats/names.ts';
import { waitFor } from '../test/support/wait/wait-for.ts';
import { inParallel, type PlainClient, plainClient, SPEC, withControlPlane } from './cluster.ts';
import { startOperator } from './operator.ts';
import { type Figures, round } from './report.ts';

const VICTIM = 'tenant-quiet';
/** When keys are revoked, after the load has begun. */
const REVOCATIONS_AT_MS = [2000, 6000, 10_000];
/** A set that rotates is created so long before the load that its rotation is due in the middle of it. */
const ROTATION_DUE_AFTER_MS = 8000;
const ROTATION_INTERVAL_MS = 60_000;
const TIMEOUT_MS = 600_000;
const LOAD_TIMEOUT_MS = 240_000;

interface Load {
  readonly name: string;
  readonly sets: number;
  readonly spec: object;
}

const RSA = { algorithm: 'RS256', rsaModulusLength: 4096 };
const LOADS: readonly Load[] = [
  { name: 'alone', sets: 0, spec: {} },
  { name: 'rsa40', sets: 40, spec: RSA },
  { name: 'es300', sets: 300, spec: {} },
  { name: 'es1000', sets: 1000, spec: {} },
];

/** All, or those that `LOADS=rsa40,es300` names. */
function loadsAskedFor(): readonly Load[] {
  const text = process.env['LOADS'];
  if (text === undefined) return LOADS;
  return text.split(',').map((name) => {
    const found = LOADS.find((load) => load.name === name);
    if (found !== undefined) return found;
    throw new Error(`LOADS must name some of ${LOADS.map((load) => load.name).join(', ')}`);
  });
}

export async function benchTenants(say: (line: string) => void): Promise<Figures> {
  return await withControlPlane(say, async (controlPlane) => {
    // Connections of its own, so that measuring does not wait for the load.
    using client = plainClient(controlPlane, 4);
    using loader = plainClient(controlPlane, 8);
    await using operator = await startOperator(controlPlane);
    await createNamespace(client, VICTIM);
    const figures: Record<string, number | null> = {};
    for (const load of loadsAskedFor()) {
      const measured = await measure(client, loader, load, say);
      for (const [name, value] of Object.entries(measured)) figures[`${load.name}${name}`] = value;
      say(`${load.name}: ${JSON.stringify(measured)}`);
    }
    if (operator.output() !== '') say(`the operator's last lines:\n${operator.output()}`);
    return { revocationGoalMs: 5000, rotationGoalMs: 10_000, ...figures };
  });
}

async function measure(
  client: PlainClient,
  loader: PlainClient,
  { name, sets, spec }: Load,
  say: (line: string) => void,
): Promise<Record<string, number | null>> {
  const revoked = REVOCATIONS_AT_MS.map((_, index) => `${name}-revoked-${index}`);
  const rotated = `${name}-rotated`;
  const interval = `${ROTATION_INTERVAL_MS}ms`;
  for (const set of revoked) await createSet(client, VICTIM, set, SPEC);
  await createSet(client, VICTIM, rotated, { ...ROTATED_SPEC, rotation: { interval } });
  for (const set of [...revoked, rotated]) await waitForStandby(client, set);
  const dueMs = await dueTimeOf(client, rotated);
  const namespace = `tenant-${name}`;
  await createNamespace(client, namespace);
  await waitFor(() => Date.now() >= dueMs - ROTATION_DUE_AFTER_MS, {
    timeoutMs: ROTATION_INTERVAL_MS,
    describe: 'the moment before a rotation is due',
  });
  say(`${name}: ${sets} sets are created in another namespace`);
  const beganMs = Date.now();
  const loading = inParallel(sets, 8, (index) =>
    createSet(loader, namespace, `load-${index}`, { ...SPEC, ...spec }),
  );
  const revocations = revoked.map((set, index) =>
    revocation(client, set, beganMs + (REVOCATIONS_AT_MS[index] ?? 0)),
  );
  const [rotationMs, ...revocationsMs] = await Promise.all([
    rotation(client, rotated, dueMs),
    ...revocations,
  ]);
  await loading;
  const loadReadyMs = await settle(client, { namespace, sets, beganMs });
  return {
    RevocationMaxMs: round(Math.max(...revocationsMs), 0),
    RotationMs: round(rotationMs ?? 0, 0),
    LoadReadyMs: loadReadyMs,
  };
}

/** The shortest terms with which a rotation a minute is allowed. */
const ROTATED_SPEC = {
  ...SPEC,
  tokenTTL: '5s',
  verifierCacheTTL: '3s',
};

interface SetObject {
  readonly status?: {
    readonly keys?: readonly { readonly kid: string; readonly state: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly nextTransition?: { readonly action: string; readonly time?: string };
  };
}

async function readSet(client: PlainClient, set: string): Promise<SetObject> {
  return (await client.send('GET', `${pathOf(VICTIM)}/${set}`)) as SetObject;
}

function isTrue({ status }: SetObject, type: string): boolean {
  return status?.conditions?.some((each) => each.type === type && each.status === 'True') === true;
}

async function waitForStandby(client: PlainClient, set: string): Promise<void> {
  await waitFor(async () => isTrue(await readSet(client, set), 'StandbyReady'), {
    timeoutMs: 120_000,
    intervalMs: 250,
    describe: `${set} to have a standby that is proven`,
  });
}

async function dueTimeOf(client: PlainClient, set: string): Promise<number> {
  const transition = await waitFor(
    async () => {
      const { status } = await readSet(client, set);
      return status?.nextTransition?.action === 'Activate' ? status.nextTransition : null;
    },
    { timeoutMs: 60_000, describe: `${set} to announce its rotation` },
  );
  return Date.parse(transition.time ?? '');
}

/** @returns from the edit until neither signer nor JWKS has the key, in milliseconds */
async function revocation(client: PlainClient, set: string, atMs: number): Promise<number> {
  const { status } = await readSet(client, set);
  const kid = status?.keys?.find(({ state }) => state === 'Active')?.kid ?? '';
  await waitFor(() => Date.now() >= atMs, { timeoutMs: 60_000, describe: 'the next revocation' });
  const revocations = [{ kid, reason: 'KeyCompromise' }];
  const beganMs = Date.now();
  await client.send(
    'PATCH',
    `${pathOf(VICTIM)}/${set}`,
    { spec: { revocations } },
    'application/merge-patch+json',
  );
  await waitFor(
    async () =>
      (await signingKid(client, set)) !== kid && !(await jwksOf(client, set)).includes(kid),
    { timeoutMs: TIMEOUT_MS, intervalMs: 50, describe: `the revoked key of ${set} to be gone` },
  );
  return Date.now() - beganMs;
}

/** @returns from the instant at which the rotation is due until another key signs, in milliseconds */
async function rotation(client: PlainClient, set: string, dueMs: number): Promise<number> {
  const before = await signingKid(client, set);
  await waitFor(async () => (await signingKid(client, set)) !== before, {
    timeoutMs: TIMEOUT_MS,
    intervalMs: 50,
    describe: `${set} to rotate`,
  });
  return Date.now() - dueMs;
}

async function signingKid(client: PlainClient, set: string): Promise<string> {
  const secret = (await client.send(
    'GET',
    `/api/v1/namespaces/${VICTIM}/secrets/${set}-signer`,
  )) as {
    readonly data?: { readonly kid?: string };
  };
  return Buffer.from(secret.data?.kid ?? '', 'base64').toString();
}

async function jwksOf(client: PlainClient, set: string): Promise<string> {
  const path = `/api/v1/namespaces/${VICTIM}/configmaps/${set}-jwks`;
  const { data } = (await client.send('GET', path)) as { readonly data?: Record<string, string> };
  return data?.['jwks.json'] ?? '';
}

/**
 * Waits until the load's sets have their standby. Sets that take longer are deleted, so that the next load meets
 * an operator at rest.
 * @returns milliseconds from `beganMs`; null if they took longer
 */
async function settle(client: PlainClient, { namespace, sets, beganMs }: Begun) {
  const list = `${pathOf(namespace)}?resourceVersion=0`;
  try {
    await waitFor(
      async () => {
        const { items } = (await client.send('GET', list)) as {
          readonly items: readonly SetObject[];
        };
        return items.filter((each) => isTrue(each, 'StandbyReady')).length >= sets;
      },
      {
        timeoutMs: LOAD_TIMEOUT_MS,
        intervalMs: 1000,
        describe: `${sets} sets to have their standby`,
      },
    );
    return Date.now() - beganMs;
  } catch {
    await client.send('DELETE', pathOf(namespace));
    return null;
  }
}

interface Begun {
  readonly namespace: string;
  readonly sets: number;
  readonly beganMs: number;
}

async function createNamespace(client: PlainClient, name: string): Promise<void> {
  await client.send('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  });
}

async function createSet(client: PlainClient, namespace: string, name: string, spec: object) {
  await client.send('POST', pathOf(namespace), {
    apiVersion: API_GROUP_VERSION,
    kind: SET_KIND,
    metadata: { name },
    spec,
  });
}

function pathOf(namespace: string): string {
  return `/apis/${API_GROUP_VERSION}/namespaces/${namespace}/${SET_PLURAL}`;
}
