import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { provideControlPlane } from '../cluster/global-setup.ts';
import { ensureTool } from '../tools/go-tool.ts';

declare module 'vitest' {
  interface ProvidedContext {
    helm: { readonly path: string; readonly homeFolder: string };
  }
}

const say = (line: string) => void process.stderr.write(`${line}\n`);

/** Helm, and a control plane without the CRD: a chart is to bring it. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const path = await ensureTool('helm', say);
  return await provideControlPlane(project, async ({ folder }) => {
    project.provide('helm', { path, homeFolder: join(folder, 'helm') });
  });
}
