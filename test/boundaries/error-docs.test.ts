import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { FIELD_ERROR_CODES } from '../../src/api/field-error.ts';
import {
  ACTIONS,
  CONDITION_REASONS,
  EVENT_REASONS,
  STEP_REASONS,
  STEP_REFUSALS,
  WAITING_FOR,
} from '../../src/core/formats/codes.ts';
import { HISTORY_MAX } from '../../src/core/formats/status.ts';
import { ROLLBACK_REFUSALS } from '../../src/core/ledger/ledger.ts';
import { startProgram } from '../server/serve-process.ts';
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import { kubeconfigText } from '../support/kube/api-socket.ts';
import { readMarkdown } from './markdown.ts';
import { readProjectFile, sourceFiles, withoutComments } from './source-tree.ts';

/** Codes of OpenSSL, of undici and of node:http, and names of environment variables. */
const NO_SYSTEM_CODES =
  /^(?:UND_ERR|ERR|HPE|CERT|EAI|UNABLE|SELF_SIGNED|DEPTH_ZERO|KUBERNETES|SIGNING_KEYS)_/;

function literals(path: string, pattern: RegExp): readonly string[] {
  const text = readProjectFile(path);
  if (text === null) throw new Error(`${path} is gone: correct the list in this test`);
  const code = withoutComments(text).replace(/^import [\s\S]*?;$/gm, '');
  return [...code.matchAll(pattern)].map((match) => match[1] ?? '');
}

/** What the core tells of a set, by the lists that the compiler holds it to. */
function coreCodes(): readonly string[] {
  return [
    ...Object.values(CONDITION_REASONS).flat(),
    ...ACTIONS,
    ...WAITING_FOR,
    ...STEP_REASONS,
    ...EVENT_REASONS,
    ...STEP_REFUSALS,
    ...ROLLBACK_REFUSALS,
  ];
}

/** Such as `JWKS_INVALID`, wherever a program has one. */
function programCodes(): readonly string[] {
  const paths = sourceFiles().map(({ path }) => path);
  const own = paths.filter((path) => path.startsWith('src/') && !path.includes('.generated.'));
  const words = own.flatMap((path) => literals(path, /'([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)'/g));
  return [...words.filter((word) => !NO_SYSTEM_CODES.test(word)), 'TRUNCATED'];
}

function kubeCodes(): readonly string[] {
  const text = readProjectFile('src/platform/kube/errors.ts') ?? '';
  const union = /export type ErrorKind =([\s\S]*?);/.exec(withoutComments(text))?.[1] ?? '';
  const kinds = [...union.matchAll(/'([a-z-]+)'/g)].map((match) => match[1] ?? '');
  return kinds.map((kind) => `KUBE_${kind.toUpperCase().replaceAll('-', '_')}`);
}

function undocumented(codes: readonly string[], page: string): readonly string[] {
  const documented = new Set(readMarkdown(page).code);
  return [...new Set(codes)].filter((code) => !documented.has(code)).sort();
}

describe('docs/errors.md', () => {
  const page = readProjectFile('docs/errors.md') ?? '';
  const sources = {
    'codes of the core': [coreCodes(), 80],
    'codes of the programs': [programCodes(), 7],
    'kinds of API errors': [kubeCodes(), 17],
    'codes of field errors': [FIELD_ERROR_CODES, 14],
  } as const;

  test.each(Object.entries(sources))('lists all %s', (_, [codes, countMin]) => {
    expect(new Set(codes).size).toBeGreaterThanOrEqual(countMin);
    expect(undocumented(codes, page)).toEqual([]);
  });

  test('lists no reason, event or code that the sources do not know', () => {
    const texts = sourceFiles().filter(({ path }) => path.startsWith('src/'));
    const words = readMarkdown(page).code.filter((word) => /^[A-Z][A-Za-z]*[a-z][A-Z]/.test(word));
    const known = (word: string) => texts.some(({ text }) => text.includes(word));
    expect(words.length).toBeGreaterThan(50);
    expect(words.filter((word) => /^\w+$/.test(word) && !known(word))).toEqual([]);
  });

  test('says how long the history is, as the CRD bounds it', () => {
    const crd = parse(readProjectFile('crds/signingkeys.dev_signingkeysets.yaml') ?? '');
    const { status } = crd.spec.versions[0].schema.openAPIV3Schema.properties;
    expect(page).toContain(`The history has the last ${HISTORY_MAX} changes of a state.`);
    expect(status.properties.history.maxItems).toBe(HISTORY_MAX);
    expect(status.properties.history.description).toContain(`At most ${HISTORY_MAX}.`);
  });

  test('a code that is not listed would be noticed', () => {
    expect(undocumented([...coreCodes(), 'BrandNewReason'], page)).toEqual(['BrandNewReason']);
    const without = page.replaceAll('`WaitRestarted`', 'a word');
    expect(undocumented(coreCodes(), without)).toEqual(['WaitRestarted']);
  });
});

/** What a user does wrong: the words, the environment, and for a kubeconfig its content. */
const MISTAKES: readonly (readonly [
  argv: readonly string[],
  env?: Readonly<Record<string, string>>,
  kubeconfig?: string,
])[] = [
  [[]],
  [['server']],
  [['serve', '--dri', '.']],
  [['serve', '--dir', '/not/there']],
  [['serve', '--dir', '.', '--port', 'x']],
  [['serve', '--dir', '.', '--metrics-client-ca-file', 'ca.crt']],
  // TEST-NET-1 (RFC 5737) belongs to nobody.
  [['serve', '--dir', '.', '--host', '192.0.2.1']],
  [['operator'], { SIGNING_KEYS_WORKERS: 'many' }],
  [['operator'], { HOME: '/nonexistent' }],
  [['operator'], { KUBERNETES_SERVICE_HOST: '127.0.0.1' }],
  [['operator', '--kubeconfig', '/not/there']],
  [['operator', '--kubeconfig', 'README.md']],
  [['operator', '--context', 'nope'], {}, kubeconfigText({ server: 'https://127.0.0.1:1' })],
  [['operator'], {}, kubeconfigText({ server: 'http://127.0.0.1:1' }, { token: 'a' })],
  [['operator'], {}, kubeconfigText({ server: 'https://127.0.0.1:1' }, { 'as-groups': ['a'] })],
  [['operator'], {}, kubeconfigText({ server: 'https://127.0.0.1:1' }, { as: 1 })],
  [['operator'], {}, kubeconfigText({ server: 'https://127.0.0.1:1', 'proxy-url': 'x' })],
  [['operator'], { HTTPS_PROXY: 'gopher://x' }, kubeconfigText({ server: 'https://192.0.2.1:1' })],
];

async function messageOf([argv, env, kubeconfig]: (typeof MISTAKES)[number]): Promise<string> {
  const file = join(temporaryFolder(), 'config');
  if (kubeconfig !== undefined) writeFileSync(file, kubeconfig);
  const flags = kubeconfig === undefined ? [] : ['--kubeconfig', file];
  // Nothing else goes to stdout at this level: what is gathered is the one line on stderr.
  const program = startProgram([...argv, ...flags], { ...env, SIGNING_KEYS_LOG_LEVEL: 'error' });
  expect(await program.ended).toBe(2);
  return program.output();
}

/** The messages in the first column of that table, as patterns: `…` matches anything. */
function documentedMessages(page: string): readonly (readonly [string, RegExp])[] {
  const table = /\n\| message \|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)/.exec(page)?.[1] ?? '';
  return table.split('\n').flatMap((row) =>
    readMarkdown(row.split('|')[1] ?? '').code.map((text): readonly [string, RegExp] => {
      const parts = text.split('…').map((part) => part.replace(/[^\w\s]/g, '\\$&'));
      return [text, new RegExp(`^error: ${parts.join('.*')}`)];
    }),
  );
}

test('docs/errors.md has the start-up messages as the program prints them', async () => {
  const documented = documentedMessages(readProjectFile('docs/errors.md') ?? '');
  const printed = await Promise.all(MISTAKES.map(messageOf));
  const unlisted = printed.filter((line) => !documented.some(([, pattern]) => pattern.test(line)));
  expect(unlisted).toEqual([]);
  const unheard = documented.filter(([, pattern]) => !printed.some((line) => pattern.test(line)));
  expect(unheard.map(([text]) => text)).toEqual([]);
  expect(documented.length).toBeGreaterThanOrEqual(12);
}, 180_000);
