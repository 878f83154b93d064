/**
 * What the operator trusts is what the chart's policy protects, and nothing else: objects are drawn, and
 * both judges are asked about each of them, the policy by a real API server, in dry runs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  RESERVED_CONFIG_MAP_NAMES,
  RESERVED_SECRET_NAMES,
} from '../../src/core/formats/reserved-names.ts';
import { eventually } from '../cluster/operator/operator-cases.ts';
import { kubectl, makeNamespace, request } from '../cluster/shared-control-plane.ts';
import {
  type Drawn,
  drawnConfigMap,
  drawnSecret,
  isProtected,
  isTrusted,
  manifestOf,
} from './drawn-objects.ts';
import { CHARTS, OPERATOR_CHART, renderObjects } from './helm.ts';

const CRD = join(CHARTS, '../crds/signingkeys.dev_signingkeysets.yaml');
const MADE_IN_TIME_MS = 60_000;
/** May write what is protected; it is exempt in whatever chart is rendered. */
const EXEMPT = 'system:serviceaccount:kube-system:namespace-controller';

let namespace = '';
let removeNamespace = async () => {};
let policy: readonly unknown[] = [];

beforeAll(async () => {
  ({ name: namespace, remove: removeNamespace } = await makeNamespace('protection'));
  const values = { fullnameOverride: namespace, watchNamespaces: [namespace] };
  const objects = await renderObjects({ chart: OPERATOR_CHART, namespace, values });
  policy = objects.filter(({ kind }) => kind.startsWith('ValidatingAdmissionPolicy'));
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: policy });
  await kubectl(['apply', '--server-side', '--filename=-'], { stdin });
  const marked = { kind: 'ConfigMap', name: 'x', labels: { 'signingkeys.dev/set': 'x' } } as const;
  await eventually('the policy', async () => await isDenied(await create(marked)));
}, MADE_IN_TIME_MS);

afterAll(async () => {
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: policy });
  await kubectl(['delete', '--ignore-not-found', '--filename=-'], { stdin });
  await removeNamespace();
}, MADE_IN_TIME_MS);

type Answer = Awaited<ReturnType<typeof request>>;

const pathOf = ({ kind }: Pick<Drawn, 'kind'>) =>
  `/api/v1/namespaces/${namespace}/${kind === 'Secret' ? 'secrets' : 'configmaps'}`;

async function create(drawn: Drawn): Promise<Answer> {
  const path = `${pathOf(drawn)}?dryRun=All`;
  return await request({ method: 'POST', path, body: manifestOf(drawn) });
}

/** @throws if it is refused for another reason than the policy */
function isDenied({ status, body }: Answer): boolean {
  if (status < 300) return false;
  const text = JSON.stringify(body);
  if (status === 403 && text.includes('ValidatingAdmissionPolicy')) return true;
  throw new Error(`the API server answered ${status}: ${text}`);
}

test('others can create exactly what the operator believes nothing of', async () => {
  const seen = { denied: 0, allowed: 0, trusted: 0 };
  await fc.assert(
    fc.asyncProperty(fc.oneof(drawnConfigMap, drawnSecret), async (drawn) => {
      const denied = isDenied(await create(drawn));
      const trusted = isTrusted(drawn);
      seen[denied ? 'denied' : 'allowed'] += 1;
      seen.trusted += trusted ? 1 : 0;
      expect({ denied }).toEqual({ denied: isProtected(drawn) });
      expect({ trusted, denied }).not.toEqual({ trusted: true, denied: false });
    }),
    { numRuns: 400 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(40);
});

/** Stored as the exempt account does, and removed by it. */
async function whileStored(drawn: Drawn, act: (stored: object) => Promise<void>): Promise<void> {
  const as = ['-n', namespace, '--as', EXEMPT, '--as-group=system:masters'];
  const stdin = JSON.stringify(manifestOf(drawn));
  const stored = await kubectl(
    ['create', '--filename=-', '-o', 'json', '--show-managed-fields', ...as],
    { stdin },
  );
  try {
    await act(JSON.parse(stored));
  } finally {
    await kubectl(['delete', '--filename=-', '--wait=false', ...as], { stdin });
  }
}

const overNamed = ({ kind, name }: Drawn, query: string) =>
  `${pathOf({ kind })}/${name}?dryRun=All${query}`;

test('of what is stored, others can edit and delete exactly what is not protected, before and after', async () => {
  const pair = fc.oneof(
    fc.tuple(drawnConfigMap, drawnConfigMap),
    // Nobody can change a Secret's type.
    fc.tuple(drawnSecret, drawnSecret).map(([a, b]) => [a, { ...b, type: a.type ?? '' }] as const),
  );
  await fc.assert(
    fc.asyncProperty(pair, async ([before, other]) => {
      const after: Drawn = {
        ...other,
        name: before.name,
        labels: { ...other.labels, edited: 'x' },
      };
      await whileStored(before, async () => {
        const edited = await request({
          method: 'PUT',
          path: overNamed(before, ''),
          body: manifestOf(after),
        });
        const deleted = await request({ method: 'DELETE', path: overNamed(before, '') });
        const [was, would] = [before, after].map(isProtected);
        expect([isDenied(edited), isDenied(deleted)]).toEqual([was || would, was]);
      });
    }),
    { numRuns: 25 },
  );
});

describe('of what is protected, nobody else', () => {
  const jwks: Drawn = {
    ...{ kind: 'ConfigMap', name: 'payments-jwks', kid: 'k1' },
    labels: { 'signingkeys.dev/set': 'payments' },
  };

  test('becomes a manager of its data by applying what is there', async () => {
    await whileStored(jwks, async () => {
      const path = overNamed(jwks, '&fieldManager=intruder&force=true');
      const contentType = 'application/apply-patch+yaml';
      const answer = await request({ method: 'PATCH', path, body: manifestOf(jwks), contentType });
      expect(isDenied(answer)).toBe(true);
    });
  });

  test('wipes the record of who manages it', async () => {
    await whileStored(jwks, async () => {
      const body = { metadata: { managedFields: [{}] } };
      const contentType = 'application/merge-patch+json';
      const answer = await request({
        method: 'PATCH',
        path: overNamed(jwks, ''),
        body,
        contentType,
      });
      expect(isDenied(answer)).toBe(true);
    });
  });

  test('but writes it as it is', async () => {
    await whileStored(jwks, async (stored) => {
      const answer = await request({ method: 'PUT', path: overNamed(jwks, ''), body: stored });
      expect(isDenied(answer)).toBe(false);
    });
  });
});

test('the CRD and the policy have the patterns of reserved names that the operator has', async () => {
  const texts = [JSON.stringify(policy), readFileSync(CRD, 'utf8')];
  for (const text of texts) {
    expect(text).toContain(`matches('${RESERVED_CONFIG_MAP_NAMES}')`);
    expect(text).toContain(`matches('${RESERVED_SECRET_NAMES}')`);
  }
});
