/** Containers of the image, as Pod Security `restricted` would run them. */
import { GenericContainer, type StartedTestContainer, type WaitStrategy } from 'testcontainers';
import { inject, onTestFinished } from 'vitest';
import { docker } from '../tools/docker.ts';

/** testcontainers has no word for a read-only root file system. */
class RestrictedContainer extends GenericContainer {
  constructor(image: string) {
    super(image);
    this.hostConfig.ReadonlyRootfs = true;
    this.withDroppedCapabilities('ALL').withSecurityOpt('no-new-privileges:true');
  }
}

/** The same in words of `docker run`. */
const RESTRICTIONS = [
  '--read-only',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges:true',
] as const;

export function image(): string {
  return inject('imageUnderTest').image;
}

/** `docker` with the daemon that has the image. */
export function dockerCli(...args: readonly string[]): Promise<string> {
  return docker(inject('imageUnderTest').where, args);
}

export interface Serving {
  readonly container: StartedTestContainer;
  readonly port: number;
  readonly metricsPort: number;
}

/** Serves a folder of the machine; the container ends with the test. */
export async function startServing(
  folder: string,
  wait: WaitStrategy,
  ...flags: readonly string[]
): Promise<Serving> {
  const container = await new RestrictedContainer(image())
    .withBindMounts([{ source: folder, target: '/jwks', mode: 'ro' }])
    .withCommand(['serve', '--dir', '/jwks', ...flags])
    .withExposedPorts(8080, 8081)
    .withWaitStrategy(wait)
    .start();
  removeAtEnd(container);
  return {
    container,
    port: container.getMappedPort(8080),
    metricsPort: container.getMappedPort(8081),
  };
}

/** The operator with a kubeconfig of the machine, on the machine's own network. */
export async function startOperating(
  kubeconfig: string,
  wait: WaitStrategy,
): Promise<StartedTestContainer> {
  const container = await new RestrictedContainer(image())
    .withBindMounts([{ source: kubeconfig, target: '/kubeconfig', mode: 'ro' }])
    .withNetworkMode('host')
    .withCommand(['operator', '--kubeconfig', '/kubeconfig', '--listen', '127.0.0.1:0'])
    .withWaitStrategy(wait)
    .start();
  removeAtEnd(container);
  return container;
}

function removeAtEnd(container: StartedTestContainer): void {
  onTestFinished(async () => {
    await dockerCli('rm', '--force', '--volumes', container.getId());
  });
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the image to its end. */
export async function runOnce(
  args: readonly string[],
  options: readonly string[] = [],
): Promise<Ended> {
  const id = (await dockerCli('create', ...RESTRICTIONS, ...options, image(), ...args)).trim();
  try {
    const stdout: string[] = [];
    const stderr: string[] = [];
    await docker(inject('imageUnderTest').where, ['start', '--attach', id], (text, stream) => {
      (stream === 'stdout' ? stdout : stderr).push(text);
    }).catch(() => {});
    const exitCode = Number(await dockerCli('inspect', '--format', '{{.State.ExitCode}}', id));
    return { exitCode, stdout: stdout.join(''), stderr: stderr.join('') };
  } finally {
    await dockerCli('rm', '--force', id);
  }
}

/** Sends SIGTERM as a kubelet does, and waits for the end. */
export async function stopInOrder(
  container: StartedTestContainer,
  graceSeconds: number,
): Promise<{ readonly exitCode: number; readonly tookMs: number }> {
  const startMs = performance.now();
  await dockerCli('stop', `--time=${graceSeconds}`, container.getId());
  const tookMs = performance.now() - startMs;
  const state = await dockerCli('inspect', '--format', '{{.State.ExitCode}}', container.getId());
  return { exitCode: Number(state), tookMs };
}

/** From the start of the container until it printed a line with this text, by Docker's clock. */
export async function msUntilLogged(id: string, text: string): Promise<number> {
  const started = (await dockerCli('inspect', '--format', '{{.State.StartedAt}}', id)).trim();
  const lines = (await dockerCli('logs', '--timestamps', id)).split('\n');
  const logged = lines.find((line) => line.includes(text))?.split(' ')[0];
  if (logged === undefined) throw new Error(`the container did not log '${text}'`);
  return Date.parse(logged) - Date.parse(started);
}
