/**
 * What packages and Node itself would load and the program never calls: start-up and memory are
 * mostly modules.
 */
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

/**
 * Lets esbuild leave out each module of client-node that nobody names, foremost the 700 models of
 * its API. The package does not say that its modules have no effects of their own; they only
 * define classes.
 */
export const withoutUnusedModels: Plugin = {
  name: 'client-node without its models',
  setup({ onResolve }) {
    // Its own imports name whole files. Asking esbuild where they are would take it ten times as
    // long, because there are thousands.
    onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ importer, resolveDir, path }) => {
      if (!importer.includes('/@kubernetes/client-node/')) return null;
      return { path: join(resolveDir, path), sideEffects: false };
    });
    onResolve({ filter: /^@kubernetes\/client-node$/ }, ({ path }) => {
      return { path: fileURLToPath(import.meta.resolve(path)), sideEffects: false };
    });
  },
};

/**
 * client-node names undici in code for requests of its own, which this program never makes: it takes
 * credentials from client-node and sends its requests by Node's http.
 */
const NO_UNDICI = `
const unused = () => { throw new Error('undici is not a part of this program'); };
export { unused as Agent, unused as ProxyAgent, unused as fetch };
`;

export const withoutUndici: Plugin = {
  name: 'client-node without undici',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: NO_UNDICI }));
  },
};

/**
 * Loads Node's own modules with `require`. An `import` of one reads all its exports at once, the
 * lazy ones too: that of `node:http` loads Node's whole copy of undici for its WebSocket, 45 ms
 * and 5 MB.
 */
export const lazyBuiltins: Plugin = {
  name: "Node's own modules by require",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z][a-z0-9_/:]*$/ }, ({ path, kind }) => {
      if (kind !== 'import-statement' || !isBuiltin(path)) return null;
      return { path, namespace: 'builtin' };
    });
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      return { contents: `module.exports = require(${JSON.stringify(path)});` };
    });
  },
};
