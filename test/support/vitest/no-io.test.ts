import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
// This file has a process of its own, so that no other test sees what it forbids.
import './no-io.ts';

const PROGRAM = process.execPath;

test.each([
  ['a connection', () => connect(1, '127.0.0.1')],
  ['a server', () => createServer().listen(0)],
  ['a process', () => spawn(PROGRAM, ['--version'])],
  ['a process that is waited for', () => spawnSync(PROGRAM, ['--version'])],
  ['a process whose output is taken', () => execFileSync(PROGRAM, ['--version'])],
])('%s is refused, and the error says how the file has to be named', (_, act) => {
  expect(act).toThrow(/in a unit test: name its file \*\.io\.test\.ts/);
});
