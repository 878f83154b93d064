import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { ensureBinaries } from './control-plane/binaries.ts';
import { type ControlPlane, startControlPlane } from './control-plane/control-plane.ts';
import { applyCrds } from './control-plane/crds.ts';
import type { User } from './control-plane/users.ts';

/** What the tests know about the control plane that they share; plain data. */
export interface SharedControlPlane {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly folder: string;
  readonly auditLogPath: string;
  readonly kubectlPath: string;
  /** By user name. */
  readonly users: Readonly<
    Record<string, { readonly token: string; readonly kubeconfigPath: string }>
  >;
}

declare module 'vitest' {
  interface ProvidedContext {
    controlPlane: SharedControlPlane;
  }
}

/**
 * Users in addition to `admin`. `powerless` has no rights at all. A test that needs a user with rights
 * of its own makes a service account (`createServiceAccount` in shared-control-plane.ts).
 */
const USERS: readonly User[] = [{ name: 'powerless', groups: [] }];

const CRDS = fileURLToPath(new URL('../../crds', import.meta.url));
const say = (line: string) => process.stderr.write(`${line}\n`);

/** Starts the one control plane of the `cluster` project; what it returns ends it. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  return await provideControlPlane(project, (controlPlane) =>
    applyCrds((args) => controlPlane.kubectl(args), CRDS),
  );
}

/**
 * Starts a control plane that the tests of a project share, and gives them its address.
 * @param prepare is run before the first test
 */
export async function provideControlPlane(
  project: TestProject,
  prepare: (controlPlane: ControlPlane) => Promise<void>,
): Promise<() => Promise<void>> {
  const binaries = await ensureBinaries(say);
  const controlPlane = await startControlPlane({ binaries, users: USERS });
  try {
    await prepare(controlPlane);
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
  const names = ['admin', ...USERS.map((user) => user.name)];
  project.provide('controlPlane', {
    url: controlPlane.url,
    ca: controlPlane.ca,
    folder: controlPlane.folder,
    auditLogPath: controlPlane.auditLogPath,
    kubectlPath: binaries.kubectl,
    users: Object.fromEntries(
      names.map((name) => [
        name,
        { token: controlPlane.token(name), kubeconfigPath: controlPlane.kubeconfig(name) },
      ]),
    ),
  });
  return () => controlPlane.stop();
}
