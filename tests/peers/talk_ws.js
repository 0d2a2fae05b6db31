#!/usr/bin/env node
// A server that talks, sharing no code with ringstorm: npm's `ws`. What it speaks follows the path:
//   /rpc      JSON requests: {"type": "login"} brings a token, {"type": "query", "token", "n"} its double
//   /graphql  graphql-transport-ws: an acknowledgement, then three values and the end of each subscription
//   /chat     what anybody says goes to everybody, and its sender gets an acknowledgement
//   /ticker   pushes a price every 5 ms, and hears nothing
//   /tease    sends a message of another kind before each answer, and every third answer is wrong
'use strict';

const {WebSocketServer} = require('./load_ws.js');
const {option, reportWhenStopped} = require('./counts.js');

const counts = {
  connections: 0, messages: 0, bytes: 0, closes: {}, open: 0, sent: 0, pings: 0, kinds: {}, bad_tokens: 0, reasons: {},
};

function send(connection, value) {
  counts.sent += 1;
  connection.send(JSON.stringify(value));
}

const tokens = new Set();
const everybody = new Set();
let answers = 0;

const speak = {
  '/rpc': (connection, message) => {
    if (message.type === 'login') {
      const token = `token-${tokens.size}-"quoted"-ü`;
      tokens.add(token);
      send(connection, {type: 'welcome', session: {token}});
    } else if (message.type === 'query') {
      if (!tokens.has(message.token)) counts.bad_tokens += 1;
      send(connection, {type: 'result', n: message.n, value: 2 * message.n});
    }
  },
  '/graphql': (connection, message) => {
    if (message.type === 'connection_init') send(connection, {type: 'connection_ack'});
    if (message.type !== 'subscribe') return;
    for (let i = 0; i < 3; ++i) send(connection, {id: message.id, type: 'next', payload: {data: {tick: i}}});
    send(connection, {id: message.id, type: 'complete'});
  },
  '/chat': (connection, message) => {
    for (const other of everybody) send(other, {type: 'said', text: message.text});
    send(connection, {type: 'ack', id: message.id});
  },
  '/ticker': () => {},
  '/tease': (connection, message) => {
    answers += 1;
    send(connection, {type: 'noise', id: message.id});
    send(connection, {type: 'answer', id: message.id, ok: answers % 3 !== 0});
  },
};

const server = new WebSocketServer({
  host: option('host', '127.0.0.1'),
  port: Number(option('port', 0)),
  perMessageDeflate: false,
  handleProtocols: (protocols) => protocols.values().next().value,
});

server.on('listening', () => console.log(`listening ${server.address().port}`));

server.on('connection', (connection, request) => {
  const path = new URL(request.url, 'ws://localhost').pathname;
  counts.connections += 1;
  counts.open += 1;
  if (path === '/chat') everybody.add(connection);
  const ticks = path === '/ticker' ? setInterval(() => send(connection, {price: counts.sent}), 5) : null;
  connection.on('message', (data) => {
    const message = JSON.parse(data.toString());
    counts.messages += 1;
    counts.bytes += data.length;
    counts.kinds[message.type] = (counts.kinds[message.type] || 0) + 1;
    speak[path](connection, message);
  });
  connection.on('ping', () => { counts.pings += 1; });
  connection.on('error', () => {});
  connection.on('close', (code, reason) => {
    counts.closes[code] = (counts.closes[code] || 0) + 1;
    counts.reasons[reason.toString()] = (counts.reasons[reason.toString()] || 0) + 1;
    counts.open -= 1;
    everybody.delete(connection);
    clearInterval(ticks);
  });
});

reportWhenStopped(counts);
