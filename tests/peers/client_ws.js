#!/usr/bin/env node
// A client that shares no code with ringstorm, for its embedded server: npm's `ws`. `client_ws.js URL [CA_FILE]`. Against an
// echo server every message must come back as it went; exits 0 when all was as it should be.
'use strict';

const fs = require('fs');

const WebSocket = require('./load_ws.js');
const sizes = [0, 1, 125, 126, 65535, 65536, 1 << 20];

function fail(what) {
  console.error(what);
  process.exit(1);
}

const [url, ca] = process.argv.slice(2);
const connection = new WebSocket(url, {perMessageDeflate: false, handshakeTimeout: 10000,
                                       ca: ca === undefined ? undefined : fs.readFileSync(ca)});
const expected = [];
let answered = 0;

connection.on('open', () => {
  for (const size of sizes) {
    expected.push(Buffer.alloc(size, size % 251));
    connection.send(expected[expected.length - 1]);
  }
});
connection.on('message', (data) => {
  if (!expected[answered].equals(data)) fail(`message ${answered} came back otherwise`);
  answered += 1;
  if (answered === sizes.length) connection.close(1000);
});
connection.on('error', (error) => fail(String(error)));
connection.on('close', (code) => {
  if (code !== 1000 || answered !== sizes.length) fail(`closed with ${code} after ${answered} answers`);
  console.log(JSON.stringify({messages: answered, close_code: code}));
});
setTimeout(() => fail('nothing came for 30 s'), 30000).unref();
