import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../telemetry/index.ts';
import { createNet, type NetPolicy } from './index.ts';

const ZEROS = Buffer.alloc(64 * 1024 * 1024);
const GZIP_BOMB = gzipSync(ZEROS);
const BROTLI_BOMB = brotliCompressSync(ZEROS, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });

/** What a host that means harm sends, byte by byte; no HTTP library stands between it and the wire. */
const ATTACKS: Readonly<Record<string, (socket: Socket) => void>> = {
  // Slow loris: one byte now and then, for ever.
  '/slow-status': (socket) => drip(socket, 'HTTP/1.1 200 OK\r\n'),
  '/slow-headers': (socket) => (socket.write('HTTP/1.1 200 OK\r\n'), drip(socket, 'x-a: b\r\n')),
  '/slow-body': (socket) => (socket.write('HTTP/1.1 200 OK\r\ncontent-length: 40000\r\n\r\n'), drip(socket, '.')),
  '/slow-chunk': (socket) => (
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'),
    drip(socket, '1\r\n.\r\n')
  ),
  '/nothing': () => undefined,
  '/endless-body': (socket) => (socket.write('HTTP/1.1 200 OK\r\n\r\n'), flood(socket, 'x'.repeat(65_536))),
  '/endless-chunks': (socket) => (
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'),
    flood(socket, '1\r\n.\r\n'.repeat(2000))
  ),
  '/header-flood': (socket) => (
    socket.write('HTTP/1.1 200 OK\r\n'),
    flood(socket, `x-${'a'.repeat(60)}: ${'b'.repeat(200)}\r\n`.repeat(50))
  ),
  '/header-huge': (socket) => socket.write(`HTTP/1.1 200 OK\r\nx-a: ${'b'.repeat(200_000)}\r\n\r\n`),
  '/informational-flood': (socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(100)),
  '/gzip-bomb': (socket) => sendPacked(socket, 'gzip', GZIP_BOMB),
  '/brotli-bomb': (socket) => sendPacked(socket, 'br', BROTLI_BOMB),
  '/bomb-in-bomb': (socket) => sendPacked(socket, 'gzip, gzip', gzipSync(gzipSync(Buffer.alloc(1024 * 1024)))),
  '/many-encodings': (socket) => sendPacked(socket, Array(50).fill('gzip').join(','), Buffer.from('x')),
  '/unknown-encoding': (socket) => sendPacked(socket, 'zip', Buffer.from('x')),
  '/lies-about-length': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort'),
  '/length-huge': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n'),
  '/two-lengths': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 7\r\n\r\nabcdefg'),
  '/length-and-chunks': (socket) =>
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
  '/bad-chunk': (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nx\r\n'),
  '/no-http': (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'),
  '/zero-header': (socket) => socket.end('HTTP/1.1 200 OK\r\nx-a: a\0b\r\n\r\n'),
  '/loop': (socket) => redirect(socket, '/loop'),
  '/to-metadata': (socket) => redirect(socket, 'http://169.254.169.254/latest/'),
  '/to-decimal': (socket) => redirect(socket, 'http://2130706433/'),
  '/to-octal': (socket) => redirect(socket, 'http://0177.0.0.01/'),
  '/to-hex': (socket) => redirect(socket, 'http://0x7f.0.0.1/'),
  '/to-mapped': (socket) => redirect(socket, 'http://[::ffff:10.0.0.1]/'),
  '/to-nat64': (socket) => redirect(socket, 'http://[64:ff9b::a00:1]/'),
  '/to-6to4': (socket) => redirect(socket, 'http://[2002:a00:1::]/'),
  '/to-cgnat': (socket) => redirect(socket, 'http://100.100.100.200/'),
  '/to-ula': (socket) => redirect(socket, 'http://[fd00:ec2::254]/'),
  '/to-link-local': (socket) => redirect(socket, 'http://[fe80::1]/'),
  '/to-private-name': (socket) => redirect(socket, 'http://inside.example/'),
  '/to-own-port': (socket) => redirect(socket, 'http://127.0.0.1:1/'),
  '/to-file': (socket) => redirect(socket, 'file:///etc/passwd'),
  '/to-userinfo': (socket) => redirect(socket, 'http://api.example@10.0.0.1/'),
  '/to-protocol-relative': (socket) => redirect(socket, '//10.0.0.1/x'),
  '/to-script': (socket) => redirect(socket, 'javascript:alert(1)'),
  '/to-unlisted': (socket) => redirect(socket, 'http://evil.test/'),
};

const EXPECTED: Readonly<Record<string, string>> = {
  '/slow-status': 'net.timeout|net.unreachable',
  '/slow-headers': 'net.timeout|net.unreachable',
  '/slow-body': 'net.timeout',
  '/slow-chunk': 'net.timeout',
  '/nothing': 'net.timeout',
  '/endless-body': 'net.too_large',
  '/endless-chunks': 'net.too_large|net.timeout',
  '/header-flood': 'net.unreachable',
  '/header-huge': 'net.unreachable',
  '/informational-flood': 'net.timeout|net.unreachable',
  '/gzip-bomb': 'net.too_large',
  '/brotli-bomb': 'net.too_large',
  '/bomb-in-bomb': 'net.bad_encoding',
  '/many-encodings': 'net.bad_encoding',
  '/unknown-encoding': 'net.bad_encoding',
  '/lies-about-length': 'net.unreachable',
  '/length-huge': 'net.too_large',
  '/two-lengths': 'net.unreachable',
  '/length-and-chunks': 'net.unreachable',
  '/bad-chunk': 'net.unreachable',
  '/no-http': 'net.unreachable',
  '/zero-header': 'net.unreachable',
  '/loop': 'net.bad_redirect',
  '/to-metadata': 'net.blocked_address',
  '/to-decimal': 'net.blocked_address',
  '/to-octal': 'net.blocked_address',
  '/to-hex': 'net.blocked_address',
  '/to-mapped': 'net.blocked_address',
  '/to-nat64': 'net.blocked_address',
  '/to-6to4': 'net.blocked_address',
  '/to-cgnat': 'net.blocked_address',
  '/to-ula': 'net.blocked_address',
  '/to-link-local': 'net.blocked_address',
  '/to-private-name': 'net.blocked_address',
  '/to-own-port': 'net.blocked_address',
  '/to-file': 'net.scheme_not_allowed',
  '/to-userinfo': 'net.credentials_in_url',
  '/to-protocol-relative': 'net.blocked_address',
  '/to-script': 'net.scheme_not_allowed',
  '/to-unlisted': 'net.host_not_allowed',
};

let server: Server;
let port: number;
const sockets = new Set<Socket>();

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    socket.once('data', (text) => ATTACKS[/^\w+ (\S+)/.exec(String(text))?.[1] ?? '']?.(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
});

describe('a hostile host', () => {
  test.each(Object.keys(ATTACKS))('%s', async (path) => {
    const net = createNet({
      log: silentLog,
      resolve: async (host) => [{ address: host === 'inside.example' ? '10.0.0.7' : '127.0.0.1', family: 4 }],
      allow: [`127.0.0.1:${port}`],
    });
    const policy: NetPolicy = { hosts: ['*.example'], retries: 0, idleMs: 300, timeoutMs: 700, maxBytes: 50_000 };
    const before = process.memoryUsage().arrayBuffers;
    const began = performance.now();
    const code = await net
      .fetch(`http://api.example:${port}${path}`, {}, policy)
      .then((answer) => answer.text())
      .then(
        (text) => `answered with ${text.length}`,
        (error: { code?: string }) => error.code ?? JSON.stringify(error),
      );
    expect(EXPECTED[path]?.split('|')).toContain(code);
    expect(performance.now() - began).toBeLessThan(1500);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024);
    await net.close();
  });
});

function drip(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ''), 20);
  socket.on('close', () => clearInterval(timer));
}

function flood(socket: Socket, text: string): void {
  const more = (): void => {
    if (!socket.destroyed) socket.write(text, () => setImmediate(more));
  };
  more();
}

const sendPacked = (socket: Socket, encoding: string, body: Buffer): void => {
  socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n`);
  socket.write(body);
};

const redirect = (socket: Socket, location: string): void =>
  void socket.end(`HTTP/1.1 302 Found\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`);
