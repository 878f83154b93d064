import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { OPERATOR_OPTIONS } from '../../src/operator/flags.ts';
import { type OptionDeclarations, parseOptions } from '../../src/platform/cli/options.ts';
import { SERVE_OPTIONS } from '../../src/server/flags.ts';
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import {
  find,
  helm,
  OPERATOR_CHART,
  render,
  renderObjects,
  SERVER_CHART,
  setFlags,
} from './helm.ts';
import { REFUSED } from './refused-values.ts';
import { SERVICE_MONITOR } from './value-set.ts';
import { VALUE_SETS } from './value-sets.ts';

const SERVER_VALUES = join(SERVER_CHART, 'ci/payments-values.yaml');

describe('helm lint --strict', () => {
  test.each([
    ['signing-key-operator', [OPERATOR_CHART]],
    ['jwks-server', [SERVER_CHART, '--values', SERVER_VALUES]],
  ])('%s', async (_, args) => {
    expect(await helm('lint', '--strict', ...args)).toContain('0 chart(s) failed');
  });
});

describe('the defaults', () => {
  // `UPDATE_GOLDEN=1` writes them again. Read the difference as carefully as code.
  test.each([
    ['signing-key-operator', OPERATOR_CHART, []],
    ['jwks-server', SERVER_CHART, ['--values', SERVER_VALUES]],
  ])('of %s are as in the golden file', async (name, chart, flags) => {
    const rendered = await render({ chart, namespace: 'signing-key-system', flags });
    const golden = fileURLToPath(new URL(`golden/${name}.yaml`, import.meta.url));
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, withoutCrd(rendered));
    expect(withoutCrd(rendered)).toBe(readFileSync(golden, 'utf8'));
  });
});

/** It has a check of its own, and is longer than all the rest. */
function withoutCrd(rendered: string): string {
  const documents = rendered.split(/^---\n/m).filter((document) => document.trim() !== '');
  const others = documents.filter((document) => !document.includes('\nkind: CustomResourceDef'));
  expect(documents.length - others.length).toBeLessThanOrEqual(1);
  return others.map((document) => `---\n${document.trimEnd()}\n`).join('');
}

describe('a value set', () => {
  test.each(Object.entries(VALUE_SETS))('%s', async (_, { chart, values, ...wanted }) => {
    const rendering = { chart, namespace: 'auth', values, apis: wanted.apis ?? [] };
    const kinds = new Set((await renderObjects(rendering)).map(({ kind }) => kind));
    for (const kind of wanted.has ?? []) expect(kinds).toContain(kind);
    for (const kind of wanted.lacks ?? []) expect(kinds).not.toContain(kind);
    const text = await render(rendering);
    for (const shown of wanted.shows ?? []) expect(text).toContain(shown);
    for (const hidden of wanted.hides ?? []) expect(text).not.toContain(hidden);
  });

  test.each(REFUSED)('%s refuses %j', async (chart, values, words) => {
    await expect(helm('template', 'x', chart, ...setFlags(values))).rejects.toThrow(words);
  });

  test('the notes name what comes next, and what is missing', async () => {
    const notes = async (...flags: readonly string[]) => {
      const args = ['install', 'keys', OPERATOR_CHART, '--namespace', 'auth', '--dry-run=client'];
      const printed = await helm(...args, ...flags);
      return printed.slice(printed.indexOf('NOTES:'));
    };
    const plain = await notes();
    expect(plain).toContain('helm -n auth test keys');
    expect(plain).toContain('kind: SigningKeySet');
    expect(plain).not.toContain('ServiceMonitor');
    const odd = setFlags({ 'metrics.serviceMonitor.enabled': true, 'crds.enabled': false });
    expect(await notes(...odd)).toContain('There is no ServiceMonitor');
    expect(await notes(...odd)).toContain('crds.enabled is false');
  });
});

describe('values that a document shows are taken, and do what it says', () => {
  /** The YAML of a document that has these words, as a file. */
  const valuesIn = (document: string, words: string): string => {
    const text = readFileSync(join(OPERATOR_CHART, '../../docs', document), 'utf8');
    const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block);
    const file = join(temporaryFolder(), 'values.yaml');
    writeFileSync(file, blocks.find((block) => block.includes(words)) ?? `${words}: missing`);
    return file;
  };

  test.each([
    ['signing-key-operator', OPERATOR_CHART, []],
    ['payments-jwks-server', SERVER_CHART, ['--values', SERVER_VALUES]],
  ])('HTTPS for the metrics of %s', async (name, chart, flags) => {
    const shown = valuesIn('metrics.md', 'clientCA:');
    const namespace = 'signing-key-system';
    const apis = [SERVICE_MONITOR];
    const more = [...flags, '--values', shown];
    const objects = await renderObjects({ chart, namespace, apis, flags: more });
    const { namespace: at } = find(objects, 'ServiceMonitor').metadata;
    const { endpoints } = find(objects, 'ServiceMonitor')['spec'] as { endpoints: object[] };
    expect(at).toBe('monitoring');
    expect(endpoints[0]).toMatchObject({
      scheme: 'https',
      tlsConfig: {
        keySecret: { name: 'prometheus-client', key: 'tls.key' },
        serverName: `${find(objects, 'Service', `${name}-metrics`).metadata.name}.${namespace}.svc`,
      },
    });
  });

  test('a route of an issuer with a path', async () => {
    const flags = ['--values', SERVER_VALUES, '--values', valuesIn('install.md', 'parentRefs:')];
    const text = await render({ chart: SERVER_CHART, namespace: 'auth', flags });
    expect(text).toContain('value: "/realms/x/.well-known/jwks.json"');
  });
});

describe('the program takes the flags of its Pods', () => {
  interface Program {
    readonly name: string;
    readonly help: string;
    readonly options: OptionDeclarations;
  }
  const programs: Readonly<Record<string, Program>> = {
    [OPERATOR_CHART]: { name: 'operator', help: '', options: OPERATOR_OPTIONS },
    [SERVER_CHART]: { name: 'serve', help: '', options: SERVE_OPTIONS },
  };
  test.each(Object.entries(VALUE_SETS))('%s', async (_, { chart, values }) => {
    const objects = await renderObjects({ chart, namespace: 'auth', values });
    const { template } = find(objects, 'Deployment')['spec'] as {
      template: { spec: { containers: { args: readonly string[] }[] } };
    };
    const [command, ...flags] = template.spec.containers[0]?.args ?? [];
    const program = programs[chart];
    if (program === undefined) throw new Error(`no program is known for ${chart}`);
    expect(command).toBe(program.name);
    expect(parseOptions(program, flags, {})).toMatchObject({ ok: true });
  });
});

describe('rights', () => {
  interface Rule {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }
  const security = readFileSync(join(OPERATOR_CHART, '../../SECURITY.md'), 'utf8');
  const documented = parse(/```yaml\n([\s\S]*?)```/.exec(security)?.[1] ?? '') as {
    rules: readonly Rule[];
  };
  const isOfLeases = ({ resources }: Rule) => resources.includes('leases');
  const rulesOf = async (kind: string, name: string, values = {}) => {
    const objects = await renderObjects({ chart: OPERATOR_CHART, namespace: 'auth', values });
    return find(objects, kind, name)['rules'] as readonly Rule[];
  };

  test('of the operator are those that SECURITY.md lists', async () => {
    const others = documented.rules.filter((rule) => !isOfLeases(rule));
    const all = { 'issuers.restart': true };
    const name = 'signing-key-operator-auth';
    expect(await rulesOf('ClusterRole', name, all)).toEqual(others);
    const values = { ...all, watchNamespaces: ['payments'] };
    expect(await rulesOf('Role', name, values)).toEqual(others);
    const withoutApps = others.filter(({ resources }) => !resources.includes('deployments'));
    expect(await rulesOf('ClusterRole', name)).toEqual(withoutApps);
  });

  test('on the lease are those that SECURITY.md lists, by its name if there is one', async () => {
    const verbs = (await rulesOf('Role', 'signing-key-operator-lease')).flatMap((rule) => {
      const isNamed = 'resourceNames' in rule;
      expect(isNamed).toBe(!rule.verbs.includes('create'));
      return rule.verbs;
    });
    expect(verbs.sort()).toEqual(documented.rules.find(isOfLeases)?.verbs.toSorted());
  });

  test.each(['view', 'edit'])(
    'that are added to %s never reach a status or a Secret',
    async (role) => {
      const rules = await rulesOf('ClusterRole', `signing-key-operator-auth-${role}`);
      expect(rules.flatMap(({ resources }) => resources)).toEqual(['signingkeysets']);
    },
  );
});

test('a chart that they are part of turns them on and off', async () => {
  const parent = temporaryFolder();
  const dependency = (chart: string) => {
    const { name, version } = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8'));
    cpSync(chart, join(parent, 'charts', name), { recursive: true });
    return { name, version, condition: `${name}.enabled` };
  };
  const dependencies = [OPERATOR_CHART, SERVER_CHART].map(dependency);
  const chart = { apiVersion: 'v2', name: 'parent', version: '1.0.0', dependencies };
  writeFileSync(join(parent, 'Chart.yaml'), JSON.stringify(chart));
  const values = { 'signing-key-operator.enabled': false, 'jwks-server.enabled': true };
  const shared = { 'global.anything': 'x', 'global.imagePullSecrets': [{ name: 'of-all' }] };
  const more = { 'jwks-server.configMapName': 'payments-jwks', ...shared };
  const flags = setFlags({ ...values, ...more });
  const objects = await renderObjects({ chart: parent, namespace: 'auth', flags });
  const names = objects
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ metadata }) => metadata.name);
  expect(names).toEqual(['payments-jwks-server']);
  expect(JSON.stringify(objects)).toContain('"imagePullSecrets":[{"name":"of-all"}]');
});

test('both charts have the version of the program', async () => {
  const { version } = JSON.parse(readFileSync(join(OPERATOR_CHART, '../../package.json'), 'utf8'));
  for (const chart of [OPERATOR_CHART, SERVER_CHART]) {
    const shown = await helm('show', 'chart', chart);
    expect(shown).toContain(`\nversion: ${version}\n`);
    expect(shown).toContain(`appVersion: ${version}\n`);
  }
});
