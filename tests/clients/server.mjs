// A server that a test starts, kills and starts again at the same address, on the same data.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const dll = fileURLToPath(
  new URL('../../artifacts/bin/QueueService.Server/release/QueueService.Server.dll', import.meta.url));

export class Server {
  #process;
  #directory = mkdtempSync(join(tmpdir(), 'queueservice-clients-'));
  #settings;
  #environment;
  #wrapper;

  /** Its address; the kernel picks the port at the first start. */
  url = 'http://127.0.0.1:0';

  /** Its address with TLS, when the settings give it one. */
  httpsUrl;

  /** The settings are options of the command line, such as '--Aws:Region=eu-west-1'; the wrapper stands before it. */
  constructor(settings = [], environment = {}, wrapper = []) {
    this.#settings = settings;
    this.#environment = environment;
    this.#wrapper = wrapper;
  }

  async start() {
    const [command, ...words] = [...this.#wrapper, 'dotnet', dll];
    this.#process = spawn(
      command, [...words, '--urls', this.url, `--Storage:Directory=${join(this.#directory, 'data')}`, ...this.#settings],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...this.#environment } });
    let output = '';
    [, this.url, this.httpsUrl] = await new Promise((resolve, reject) => {
      this.#process.once('exit', (code) => reject(new Error(`The server ended with ${code}:\n${output}`)));
      this.#process.stdout.on('data', (chunk) => {
        if (output.length < 100_000) output += chunk;
        const match = /listens on (http:\/\/127\.0\.0\.1:\d+)(?: (https:\S+))?\s/.exec(output);
        if (match) resolve(match);
      });
    });
    return this;
  }

  /** kill -9: nothing is flushed, nobody is told. */
  async kill() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  async close() {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async call(method, path, body, headers = {}) {
    const answer = await fetch(this.url + path, { method, body, headers });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  /** Appends records one by one, each exactly once, however often the server dies meanwhile. */
  async produce(stream, from, to) {
    for (let i = from; i < to;) {
      const headers = { 'Message-Key': `k${i % 16}`, 'Producer-Id': 'test', 'Producer-Epoch': '0', 'Producer-Sequence': `${i}` };
      const answer = await fetch(`${this.url}/v1/streams/${stream}/records`, { method: 'POST', body: `${i}`, headers })
        .catch(() => null);
      if (answer?.ok) i++;
      else if (answer && answer.status !== 503) throw new Error(await answer.text());
      else await delay(50);
    }
  }
}
