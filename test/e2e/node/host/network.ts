import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Enclosure } from './enclosure.ts';
import type { Place } from './place.ts';

const run = promisify(execFile);

/**
 * Links the node with the host, and nothing else: its only way out is the host's end, so that
 * nothing from the node leaves the machine unless the host forwards it. The host reaches pods too,
 * as the API server has to, for `kubectl port-forward` and its proxy.
 */
export async function linkNode(place: Place, enclosure: Enclosure): Promise<void> {
  const { link, hostAddress, nodeAddress, linkPrefix, podRange } = place;
  const netns = String(enclosure.pid);
  const outside = (...args: readonly string[]) => run('ip', args);
  const inside = (...args: readonly string[]) => enclosure.run('ip', args);
  await outside('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns);
  await outside('address', 'add', `${hostAddress}/${linkPrefix}`, 'dev', link);
  await outside('link', 'set', link, 'up');
  await inside('link', 'set', 'lo', 'up');
  await inside('address', 'add', `${nodeAddress}/${linkPrefix}`, 'dev', 'eth0');
  await inside('link', 'set', 'eth0', 'up');
  await inside('route', 'add', 'default', 'via', hostAddress);
  await outside('route', 'add', podRange, 'via', nodeAddress);
}

/** How pods get their addresses; the plugin `ptp` needs no bridge, and so no bridge netfilter. */
export function writeNetworkConfig(place: Place): string {
  const folder = join(place.folder, 'cni');
  mkdirSync(folder, { recursive: true });
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: place.podRange }]],
    routes: [{ dst: '0.0.0.0/0' }],
    dataDir: join(place.folder, 'cni-addresses'),
  };
  const config = { cniVersion: '1.0.0', name: 'node', plugins: [{ type: 'ptp', ipam }] };
  writeFileSync(join(folder, 'node.conflist'), JSON.stringify(config));
  return folder;
}
