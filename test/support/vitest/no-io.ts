/**
 * Runs before each file of the project `unit`: whoever opens a socket or starts a process there gets
 * an error. Such a test is slow, or fails for reasons of the machine; its file is named
 * `*.io.test.ts`, which moves it to the project `fast`.
 */
import childProcess, { ChildProcess } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { Server, Socket } from 'node:net';

function forbid(what: string): () => never {
  return () => {
    throw new Error(`${what} in a unit test: name its file *.io.test.ts, as test/README.md says`);
  };
}

Socket.prototype.connect = forbid('a connection is made');
Server.prototype.listen = forbid('a server listens');
Object.assign(ChildProcess.prototype, { spawn: forbid('a process is started') });
const sync = ['execFileSync', 'execSync', 'spawnSync'] as const;
for (const name of sync) childProcess[name] = forbid('a process is started');
syncBuiltinESMExports();
