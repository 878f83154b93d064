import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ROOT } from './boundaries/source-tree.ts';

const COMMANDS = ['operator', 'serve', 'smoke-test', 'version'];

function run(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/main.ts', ...argv], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the program without a command that it knows', () => {
  const LIST = `use one of ${COMMANDS.join(', ')}`;
  it.each([
    [[], `no command is given; ${LIST}`],
    [['operate'], `there is no command 'operate'; ${LIST}`],
    [['constructor'], `there is no command 'constructor'; ${LIST}`],
    [['--workers', '2', 'operator'], `there is no command '--workers'; ${LIST}`],
  ])('%j ends in one line and exit code 2', (argv, message) => {
    expect(run(...argv)).toEqual({ status: 2, stdout: '', stderr: `error: ${message}\n` });
  });

  it.each(['--help', '-h', 'help'])('%s lists the commands', (flag) => {
    const { status, stdout, stderr } = run(flag);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} +\\w`, 'm'));
  });
});
