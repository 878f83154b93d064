/** Programs of the documents, each run as a reader would run it: in a process of its own. */
import { spawn } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import { ensurePython } from '../tools/python.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Language {
  readonly name: 'JavaScript' | 'Python';
  readonly fence: 'js' | 'python';
  readonly ending: '.mjs' | '.py';
  readonly interpreter: string;
}

/**
 * The languages of the examples that this machine can run. JavaScript always; Python, if there is one
 * that can have PyJWT.
 */
export async function languages(): Promise<readonly Language[]> {
  const javaScript: Language = {
    name: 'JavaScript',
    fence: 'js',
    ending: '.mjs',
    interpreter: process.execPath,
  };
  const interpreter = await ensurePython((line) => process.stderr.write(`${line}\n`));
  if (interpreter === null) return [javaScript];
  return [javaScript, { name: 'Python', fence: 'python', ending: '.py', interpreter }];
}

/** The block of a page that begins with a comment of this file name, such as `issuer`. */
export function documentedProgram(page: string, name: string, language: Language): string {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const { fence, ending } = language;
  const blocks = [...text.matchAll(new RegExp(`\`\`\`${fence}\\n([\\s\\S]*?)\`\`\``, 'g'))];
  const begin = new RegExp(`^(?://|#) ${name}\\${ending}\\b`);
  const found = blocks.map(([, block = '']) => block).filter((block) => begin.test(block));
  if (found.length !== 1) throw new Error(`${page} has ${found.length} blocks ${name}${ending}`);
  return found[0] ?? '';
}

export interface Running {
  /** Sends one line, and returns the answer to it. */
  ask(line: string): Promise<string>;
}

export interface Program {
  readonly language: Language;
  /** By their names without ending. `driver` is run: it answers each line with one that begins with `= `. */
  readonly files: Readonly<Record<string, string>> & { readonly driver: string };
  readonly env: Readonly<Record<string, string>>;
}

/** Runs until the test has finished. */
export function startProgram({ language, files, env }: Program): Running {
  const folder = temporaryFolder();
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, `${name}${language.ending}`), text);
  }
  const child = spawn(language.interpreter, [`driver${language.ending}`], {
    cwd: folder,
    // What it asks is on this machine, behind no proxy.
    env: { ...process.env, NO_PROXY: '*', no_proxy: '*', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`);
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error('the program has ended');
        if (value.startsWith('= ')) return value.slice(2);
      }
    },
  };
}
