#!/usr/bin/env node
// A server that hands on what is published, sharing no code with ringstorm: npm's `ws`. Every message from a connection to
// /publish goes to all connections to /subscribe. With --faulty it gets it wrong in a way that it can count: of what one
// subscriber gets of one publisher, every tenth is dropped, every tenth comes twice and every tenth changes places with the
// next. With --hostile it sends stamps of its own making besides.
'use strict';

const {WebSocketServer} = require('./load_ws.js');
const {reportWhenStopped} = require('./counts.js');
const faulty = process.argv.includes('--faulty');
const hostile = process.argv.includes('--hostile');
const counts = {
  connections: 0, messages: 0, bytes: 0, closes: {}, open: 0, deliveries: 0, dropped: 0, duplicated: 0, reordered: 0,
  foreign: 0, forged: 0, malformed: 0,
};
const subscribers = new Set();
let publishers = 0;

function send(subscriber, data) {
  counts.deliveries += 1;
  subscriber.send(data, {binary: false});
}

// What a subscriber has had of a publisher: how many, and one that waits for the next to go first.
function deliver(subscriber, publisher, data) {
  if (!faulty) return send(subscriber, data);
  const had = subscriber.had;
  if (!had.has(publisher)) had.set(publisher, {count: 0, held: null});
  const state = had.get(publisher);
  const turn = state.count++ % 10;
  if (turn === 3) {
    counts.dropped += 1;
  } else if (turn === 7) {
    state.held = data;
    // When no other follows, it goes alone, and in order.
    setTimeout(() => {
      if (state.held !== data) return;
      state.held = null;
      send(subscriber, data);
    }, 300);
  } else {
    send(subscriber, data);
    if (turn === 5) {
      counts.duplicated += 1;
      send(subscriber, data);
    }
    if (state.held !== null) {
      counts.reordered += 1;
      send(subscriber, state.held);
      state.held = null;
    }
  }
}

// The digits of a stamp that say which run it is of, and when its message was due, each changed by one.
function altered(text, place) {
  const at = text.indexOf('~rs') + place;
  return text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1);
}

function mislead(data) {
  const text = data.toString();
  for (const subscriber of subscribers) {
    counts.foreign += 1;
    subscriber.send(altered(text, 3));
    counts.forged += 1;
    subscriber.send(altered(text, 30));
    counts.malformed += 2;
    subscriber.send('~rs and nothing like a stamp behind it, though it is quite long enough for one');
    subscriber.send(text.slice(0, 40));
  }
}

const server = new WebSocketServer({host: '127.0.0.1', port: 0, perMessageDeflate: false, backlog: 4096});

server.on('listening', () => console.log(`listening ${server.address().port}`));

server.on('connection', (connection, request) => {
  counts.connections += 1;
  counts.open += 1;
  connection.had = new Map();
  connection.number = publishers++;
  if (request.url === '/subscribe') subscribers.add(connection);
  connection.on('message', (data) => {
    counts.messages += 1;
    counts.bytes += data.length;
    for (const subscriber of subscribers) deliver(subscriber, connection.number, data);
    if (hostile) mislead(data);
  });
  connection.on('error', () => {});
  connection.on('close', (code) => {
    counts.closes[code] = (counts.closes[code] || 0) + 1;
    counts.open -= 1;
    subscribers.delete(connection);
  });
});

reportWhenStopped(counts);
