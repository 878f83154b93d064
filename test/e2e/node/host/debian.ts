import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { aptInstall } from '../../../tools/debian-packages.ts';

/** Where Debian puts the network plugins. */
export const CNI_FOLDER = '/usr/lib/cni';

/** What a node takes from the system: a program of each package shows that it is there. */
const PACKAGES: Readonly<Record<string, string>> = {
  runc: 'runc',
  'containernetworking-plugins': join(CNI_FOLDER, 'ptp'),
  iptables: 'iptables',
  conntrack: 'conntrack',
  iproute2: 'ip',
  'util-linux': 'nsenter',
};

/** Installs what is missing. Throws if that can't be done, with what to do instead. */
export async function ensureDebianPackages(onProgress: (line: string) => void): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error(
      'a node needs root: namespaces, mounts, cgroups. Run this as root, or name a cluster of ' +
        'yours in KUBECONFIG.',
    );
  }
  const missing = missingPackages();
  if (missing.length === 0) return;
  try {
    await aptInstall(missing, onProgress);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`a node needs ${missing.join(', ')}: install them by hand. ${message.trim()}`);
  }
}

function missingPackages(): readonly string[] {
  return Object.entries(PACKAGES).flatMap(([name, program]) => (isThere(program) ? [] : [name]));
}

function isThere(program: string): boolean {
  if (program.startsWith('/')) return existsSync(program);
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}
