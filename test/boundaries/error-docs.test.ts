import { describe, expect, test } from 'vitest';
import { FIELD_ERROR_CODES } from '../../src/api/field-error.ts';
import { readMarkdown } from './markdown.ts';
import { readProjectFile, sourceFiles, withoutComments } from './source-tree.ts';

/** Where the core makes up reasons and codes: of conditions, events, steps, waits, refusals. */
const CORE_FILES = [
  'conditions',
  'custody',
  'deletion',
  'first-key',
  'guard',
  'plan',
  'project-status',
  'recovery',
  'rotation',
  'schedule',
  'steps',
  'transition-events',
  'verdicts',
].map((name) => `src/core/${name}.ts`);

/**
 * Words of these files in the same spelling that are no codes. A new literal is either documented
 * or added here.
 */
const NO_CODES = new Set([
  // Statuses, event types, states.
  ...['True', 'False', 'Normal', 'Warning', 'Pending', 'Active', 'Retiring', 'Retain'],
  // What a reading turned out to be.
  ...['None', 'Sound', 'Lost', 'Newer', 'Key', 'Empty', 'Broken', 'Foreign', 'Adopted'],
  // Kinds of writes.
  ...['CreateKeySecret', 'RestoreKeySecret', 'PatchKeySecretMetadata', 'DeleteKeySecret'],
  ...['WriteSigner', 'DeleteSigner', 'WriteJwks', 'DeleteJwks', 'WriteFinalizer'],
  // An action that is declared for revocations.
  'EmptySigner',
]);

/** Codes of OpenSSL, of undici and of node:http, and names of environment variables. */
const NO_SYSTEM_CODES =
  /^(?:UND_ERR|ERR|HPE|CERT|EAI|UNABLE|SELF_SIGNED|DEPTH_ZERO|KUBERNETES|SIGNING_KEYS)_/;

function literals(path: string, pattern: RegExp): readonly string[] {
  const text = readProjectFile(path);
  if (text === null) throw new Error(`${path} is gone: correct the list in this test`);
  const code = withoutComments(text).replace(/^import [\s\S]*?;$/gm, '');
  return [...code.matchAll(pattern)].map((match) => match[1] ?? '');
}

function coreCodes(): readonly string[] {
  const words = CORE_FILES.flatMap((path) => literals(path, /'([A-Z][A-Za-z]{2,})'/g));
  return words.filter((word) => !NO_CODES.has(word));
}

/** Such as `JWKS_INVALID`, wherever a program has one. */
function programCodes(): readonly string[] {
  const paths = sourceFiles().map(({ path }) => path);
  const own = paths.filter((path) => path.startsWith('src/') && !path.includes('.generated.'));
  const words = own.flatMap((path) => literals(path, /'([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)'/g));
  return [...words.filter((word) => !NO_SYSTEM_CODES.test(word)), 'TRUNCATED'];
}

function kubeCodes(): readonly string[] {
  const text = readProjectFile('src/platform/kube-errors.ts') ?? '';
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
    'reasons of the core': [coreCodes(), 60],
    'codes of the programs': [programCodes(), 7],
    'kinds of API errors': [kubeCodes(), 17],
    'codes of field errors': [FIELD_ERROR_CODES, 14],
    invariants: [['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8'], 8],
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

  test('a code that is not listed would be noticed', () => {
    expect(undocumented([...coreCodes(), 'BrandNewReason'], page)).toEqual(['BrandNewReason']);
    const without = page.replaceAll('`WaitRestarted`', 'a word');
    expect(undocumented(coreCodes(), without)).toEqual(['WaitRestarted']);
  });
});
