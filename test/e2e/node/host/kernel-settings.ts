import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Enclosure } from './enclosure.ts';
import type { Place } from './place.ts';

/**
 * What a kubelet wants of the kernel, and sets by itself. These settings are the whole machine's,
 * which is not the test's to change. So the kubelet is shown files that say what it wants to read.
 */
const WANTED: Readonly<Record<string, string>> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
};

/** Mounts a file over each setting, inside the node alone. */
export async function coverKernelSettings(place: Place, enclosure: Enclosure): Promise<void> {
  const folder = join(place.folder, 'kernel-settings');
  mkdirSync(folder, { recursive: true });
  for (const [name, value] of Object.entries(WANTED)) {
    const path = join(folder, name.replaceAll('/', '.'));
    writeFileSync(path, `${value}\n`);
    await enclosure.run('mount', ['--bind', path, `/proc/sys/${name}`]);
  }
}
