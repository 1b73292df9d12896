// What both runners read: the cases, the servers they run on, the table of errors.
import { readdirSync, readFileSync } from 'node:fs';

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

export const errors = read('errors.json');
export const never = read('never.json');
export const { identities, ...servers } = read('servers.json');

/** What stands before the command line of a server: strace lets its syncs fail, from one on. The server stays the child. */
export const wrapperOf = ({ failsAfter }) => failsAfter ? ['strace', '-D', '-f', '-o', '/dev/null', '-e', 'trace=fdatasync',
  '-e', `inject=fdatasync:error=EIO:when=${failsAfter}+`] : [];

/** Each with its server, `plain`, `strict` and so on. */
export const cases = Object.keys(servers).flatMap((server) =>
  readdirSync(new URL(`cases/${server}`, import.meta.url)).sort()
    .flatMap((file) => read(`cases/${server}/${file}`).map((one) => ({ ...one, server }))));
