// Streams as browsers follow them: EventSource in headless Chromium, and through a proxy that buffers answers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { EventSource } from 'eventsource';
import { chromium } from 'playwright-core';
import { Server } from '../server.mjs';

const records = 400;
const patience = { timeout: 90_000 };

let server;

before(async () => {
  server = await new Server().start();
  await server.call('PUT', '/v1/streams/clicks', '{"partitions":4}', { 'Content-Type': 'application/json' });
});

after(() => server.close());

/** Every record once, and in the order of its partition. */
function assertComplete(got, count) {
  assert.deepEqual(got.map((record) => Number(record.body)).sort((a, b) => a - b), [...Array(count).keys()]);
  for (let partition = 0; partition < 4; partition++) {
    const offsets = got.filter((record) => record.partition === partition).map((record) => record.offset);
    assert.deepEqual(offsets, [...offsets.keys()]);
  }
}

test('a page that loses its server goes on with nothing lost and nothing twice', patience, async () => {
  const browser = await chromium.launch({
    executablePath: process.env.QUEUESERVICE_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/health/live`);
    await page.evaluate(() => {
      window.got = [];
      window.opened = 0;
      const events = new EventSource('/v1/streams/clicks/sse?from=earliest');
      events.onopen = () => window.opened++;
      events.addEventListener('record', (event) => window.got.push(JSON.parse(event.data)));
    });
    await server.produce('clicks', 0, records / 2);
    await page.waitForFunction((least) => window.got.length >= least, records / 4);
    const producing = server.produce('clicks', records / 2, records);
    await delay(50);
    await server.kill();
    await server.start();
    await producing;
    await page.waitForFunction((all) => window.got.length >= all, records, { timeout: 60_000 });
    assertComplete(await page.evaluate(() => window.got), records);
    assert.ok(await page.evaluate(() => window.opened) >= 2, 'it never lost its connection');
  } finally {
    await browser.close();
  }
});

test('a table in a page is its rows, then its changes, also over the loss of its server', patience, async () => {
  const put = (key, value) => server.call('POST', `/v1/streams/prices/records?key=${key}`, value);
  await server.call('PUT', '/v1/streams/prices', '{"cleanup":"compact"}', { 'Content-Type': 'application/json' });
  await put('apple', '1');
  await put('pear', '1');
  const events = new EventSource(`${server.url}/v1/streams/prices/table`);
  try {
    const table = new Map();
    let ready = false;
    events.addEventListener('record', ({ data }) => {
      const { key, body } = JSON.parse(data);
      table.set(key, body);
    });
    events.addEventListener('ready', () => { ready = true; });
    while (!ready) await delay(20);
    assert.deepEqual([...table], [['apple', '1'], ['pear', '1']]);
    await put('apple', '2');
    while (table.get('apple') !== '2') await delay(20);
    await server.kill();
    await server.start();
    await put('pear', '3');
    while (table.get('pear') !== '3') await delay(20);
    assert.deepEqual([...table], [['apple', '2'], ['pear', '3']]);
  } finally {
    events.close();
  }
});

test('nginx with its default buffering hands on every event at once', patience, async () => {
  await server.call('PUT', '/v1/streams/live', '{}', { 'Content-Type': 'application/json' });
  const proxy = await startNginx(server.url);
  const events = new EventSource(`${proxy.url}/v1/streams/live/sse?from=earliest`);
  try {
    const got = [];
    events.addEventListener('record', (event) => got.push(JSON.parse(event.data).body));
    for (let i = 0; i < 5; i++) {
      await server.call('POST', '/v1/streams/live/records', `${i}`);

      // Each arrives before the next one is sent: nothing is gathered.
      while (got.length <= i) await delay(10);
    }
    assert.deepEqual(got, ['0', '1', '2', '3', '4']);
  } finally {
    events.close();
    await proxy.close();
  }
});

async function startNginx(upstream) {
  const directory = mkdtempSync(join(tmpdir(), 'queueservice-nginx-'));
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`);
  writeFileSync(join(directory, 'nginx.conf'), `
    daemon off; master_process off; pid ${directory}/pid; error_log ${directory}/error.log;
    events {}
    http {
      access_log off; ${paths.join(' ')}
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass ${upstream}; proxy_http_version 1.1; proxy_set_header Connection ""; }
      }
    }`);
  const nginx = spawn('/usr/sbin/nginx', ['-c', join(directory, 'nginx.conf'), '-e', join(directory, 'error.log')], { stdio: 'inherit' });
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/health/ready`).catch(() => null))?.ok) {
    assert.equal(nginx.exitCode, null, 'nginx did not start');
    await delay(50);
  }
  return {
    url,
    async close() {
      const gone = once(nginx, 'exit');
      nginx.kill('SIGTERM');
      await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
