import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../../support/wait/wait-for.ts';
import { CNI_FOLDER } from './host/debian.ts';
import type { EnclosedProcess, Enclosure } from './host/enclosure.ts';
import { writeNetworkConfig } from './host/network.ts';
import type { Place } from './host/place.ts';
import type { NodePrograms } from './programs.ts';

export const PAUSE_IMAGE = 'signing-key-operator.test/pause:1';
const START_TIMEOUT_MS = 60_000;

export interface Containerd {
  readonly socket: string;
  readonly process: EnclosedProcess;
  /** Makes the images of an archive (docker-archive or OCI) known to the kubelet. */
  importImages(archivePath: string): Promise<void>;
  /** Process ids of a container's first process, by the container's id. As seen from outside. */
  ctr(args: readonly string[]): Promise<string>;
}

export async function startContainerd(
  place: Place,
  enclosure: Enclosure,
  programs: NodePrograms,
): Promise<Containerd> {
  const socket = join(place.folder, 'containerd.sock');
  const configPath = join(place.folder, 'containerd.toml');
  mkdirSync(join(place.folder, 'containerd'), { recursive: true });
  writeFileSync(configPath, config(place, socket, programs));
  const process = await enclosure.start('containerd', programs.containerd, [
    `--config=${configPath}`,
    '--log-level=warn',
  ]);
  const ctr = (args: readonly string[]) =>
    enclosure.run(programs.ctr, [`--address=${socket}`, '--namespace=k8s.io', ...args]);
  await waitFor(async () => process.end() !== null || (await ctr(['version'])) !== '', {
    timeoutMs: START_TIMEOUT_MS,
    describe: 'containerd to answer',
  });
  if (process.end() !== null) {
    throw new Error(`containerd ended with ${process.end()}:\n${process.logTail()}`);
  }
  return {
    socket,
    process,
    ctr,
    importImages: async (archivePath) => {
      // Only what this machine can run is looked for in the archive.
      await ctr(['images', 'import', '--local', archivePath]);
    },
  };
}

function config(place: Place, socket: string, programs: NodePrograms): string {
  const folder = join(place.folder, 'containerd');
  const cri = "plugins.'io.containerd.cri.v1";
  return `version = 3
root = '${join(folder, 'root')}'
state = '${join(folder, 'state')}'

[grpc]
address = '${socket}'

[${cri}.images'.pinned_images]
sandbox = '${PAUSE_IMAGE}'

[${cri}.runtime']
disable_apparmor = true
# Without CAP_SYS_RESOURCE no process may be made less likely to be killed, and every pod fails.
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true

[${cri}.runtime'.cni]
bin_dirs = ['${CNI_FOLDER}']
conf_dir = '${writeNetworkConfig(place)}'

[${cri}.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'
runtime_path = '${programs.containerdShim}'

[${cri}.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = false
`;
}
