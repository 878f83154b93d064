import { fileURLToPath } from 'node:url';

/** Where the README's commands are meant to be given. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
