#!/usr/bin/env node
// An echo server that shares no code with ringstorm: npm's `ws`.
'use strict';

const {WebSocketServer} = require('./load_ws.js');
const {option, reportWhenStopped} = require('./counts.js');

const counts = {agreed: {}, connections: 0, messages: 0, bytes: 0, closes: {}, open: 0, last_request: {}, texts: []};
const keep = Number(option('keep', 0));  // how many messages are reported word for word

// WebSocketServer itself takes no path of a Unix socket; an HTTP server does. With --certificate and --key it speaks TLS.
const secure = option('certificate', '') !== '';
const http = secure ? require('https').createServer({
  cert: require('fs').readFileSync(option('certificate')),
  key: require('fs').readFileSync(option('key')),
}) : require('http').createServer();
const server = new WebSocketServer({
  server: http,
  perMessageDeflate: process.argv.includes('--deflate') ? JSON.parse(option('deflate', '{}')) : false,
  maxPayload: 256 * 1024 * 1024,
});
const path = option('unix');
const where = path ? {path} : {host: option('host', '127.0.0.1'), port: Number(option('port', 0))};

http.listen({...where, backlog: 4096}, () => console.log(`listening ${path || http.address().port}`));

server.on('connection', (connection, request) => {
  counts.connections += 1;
  counts.open += 1;
  counts.agreed[connection.extensions] = (counts.agreed[connection.extensions] || 0) + 1;
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

reportWhenStopped(counts);
