#!/usr/bin/env node
// An echo server that shares no code with ringstorm: npm's `ws`.
'use strict';

function loadWs() {
  try {
    return require('ws');
  } catch (error) {
    return require('/usr/share/nodejs/ws');  // where Debian's node-ws lives, which node from elsewhere does not search
  }
}

const {WebSocketServer} = loadWs();

function option(name, fallback) {
  const at = process.argv.indexOf('--' + name);
  return at < 0 ? fallback : process.argv[at + 1];
}

const counts = {connections: 0, messages: 0, bytes: 0, closes: {}, open: 0, last_request: {}, texts: []};
const keep = Number(option('keep', 0));  // how many messages are reported word for word

const server = new WebSocketServer({
  host: option('host', '127.0.0.1'),
  port: Number(option('port', 0)),
  perMessageDeflate: false,
  maxPayload: 256 * 1024 * 1024,
  backlog: 4096,
});

server.on('listening', () => console.log(`listening ${server.address().port}`));

server.on('connection', (connection, request) => {
  counts.connections += 1;
  counts.open += 1;
  counts.last_request = {path: request.url, headers: request.headers};
  connection.on('message', (data, isBinary) => {
    counts.messages += 1;
    counts.bytes += data.length;
    if (counts.texts.length < keep) counts.texts.push(data.toString());
    connection.send(data, {binary: isBinary});
  });
  connection.on('error', () => {});
  connection.on('close', (code) => {
    counts.closes[code] = (counts.closes[code] || 0) + 1;
    counts.open -= 1;
  });
});

// What was on the way when the run ended is counted too, so wait a while for the connections to end.
function stop() {
  const deadline = Date.now() + 5000;
  const poll = setInterval(() => {
    if (counts.open > 0 && Date.now() < deadline) return;
    clearInterval(poll);
    process.stdout.write(JSON.stringify(counts) + '\n', () => process.exit(0));
  }, 10);
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
