// What both runners read: the cases, the servers they run on, the table of errors.
import { readdirSync, readFileSync } from 'node:fs';

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

export const errors = read('errors.json');
export const { identities, ...servers } = read('servers.json');

/** Each with its server, `plain`, `strict` or `auth`. */
export const cases = Object.keys(servers).flatMap((server) =>
  readdirSync(new URL(`cases/${server}`, import.meta.url)).sort()
    .flatMap((file) => read(`cases/${server}/${file}`).map((one) => ({ ...one, server }))));
