// Runs a command beside a fresh server: node with-server.mjs COMMAND…
// The command finds the server's addresses in QUEUESERVICE_URL and QUEUESERVICE_HTTP2_URL (without TLS). The answer is the command's exit code, or 1 when the
// server does not start or does not end by itself after SIGTERM.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';

const startLimit = 60_000;
const stopLimit = 15_000;
const dll = fileURLToPath(
  new URL('../../artifacts/bin/QueueService.Server/release/QueueService.Server.dll', import.meta.url));

const directory = mkdtempSync(join(tmpdir(), 'queueservice-clients-'));
// Port 0: the kernel picks a free one and the server's output names it, so no two runs can collide.
const server = spawn(
  'dotnet',
  [dll, '--urls', 'http://127.0.0.1:0', '--Http2Urls', 'http://127.0.0.2:0', `--Storage:Directory=${directory}`],
  { stdio: ['ignore', 'pipe', 'inherit'] });
const exited = new Promise((resolve) => server.once('exit', (code, signal) => resolve(code ?? signal)));

let output = '';
const address = new Promise((resolve) => server.stdout.on('data', (chunk) => {
  if (output.length < 100_000) output += chunk;
  const match = /listens on (http:\/\/127\.0\.0\.1:\d+) (http:\/\/127\.0\.0\.2:\d+)/.exec(output);
  if (match) resolve(match.slice(1));
}));

async function ready(url) {
  for (;;) {
    const answer = await fetch(`${url}/health/ready`).catch(() => null);
    if (answer?.ok) return;
    await delay(50);
  }
}

async function started() {
  const urls = await address;
  await ready(urls[0]);
  return urls;
}

function run(command, [url, http2]) {
  const child = spawn(command[0], command.slice(1), {
    stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, QUEUESERVICE_URL: url, QUEUESERVICE_HTTP2_URL: http2 },
  });
  return new Promise((resolve) => {
    child.once('error', (error) => { console.error(String(error)); resolve(1); });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

const urls = await Promise.race([
  started(), exited.then(() => null), delay(startLimit, null, { ref: false }),
]);
let status = 1;
if (urls === null) console.error(`The server did not start.\n${output}`);
else status = await run(process.argv.slice(2), urls);

server.kill('SIGTERM');
const code = await Promise.race([exited, delay(stopLimit, 'still running', { ref: false })]);
if (code !== 0) {
  console.error(`The server ended with ${code} after SIGTERM.\n${output.slice(-5_000)}`);
  server.kill('SIGKILL');
  status ||= 1;
}
rmSync(directory, { recursive: true, force: true });
process.exit(status);
