// npm's `ws`, wherever it is: for the peers that are written with it.
'use strict';

module.exports = (() => {
  try {
    return require('ws');
  } catch (error) {
    return require('/usr/share/nodejs/ws');  // where Debian's node-ws lives, which node from elsewhere does not search
  }
})();
