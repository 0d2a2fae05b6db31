#!/usr/bin/env node
// A broadcasting server that shares no code with ringstorm: npm's `ws`. Every message goes to everybody whose request had
// the same path, its sender included.
'use strict';

const {WebSocket, WebSocketServer} = require('./load_ws.js');
const {reportWhenStopped} = require('./counts.js');
const counts = {connections: 0, messages: 0, bytes: 0, closes: {}, open: 0, deliveries: 0, most_rooms: 0};
const rooms = new Map();

const server = new WebSocketServer({host: '127.0.0.1', port: 0, perMessageDeflate: false, backlog: 4096});

server.on('listening', () => console.log(`listening ${server.address().port}`));

server.on('connection', (connection, request) => {
  counts.connections += 1;
  counts.open += 1;
  const path = request.url.split('?')[0];
  if (!rooms.has(path)) rooms.set(path, new Set());
  const room = rooms.get(path).add(connection);
  counts.most_rooms = Math.max(counts.most_rooms, rooms.size);
  connection.on('message', (data, isBinary) => {
    counts.messages += 1;
    counts.bytes += data.length;
    for (const member of room) {
      if (member.readyState !== WebSocket.OPEN) continue;
      counts.deliveries += 1;
      member.send(data, {binary: isBinary});
    }
  });
  connection.on('error', () => {});
  connection.on('close', (code) => {
    counts.closes[code] = (counts.closes[code] || 0) + 1;
    counts.open -= 1;
    room.delete(connection);
    if (room.size === 0) rooms.delete(path);
  });
});

reportWhenStopped(counts);
