// What a peer counted, and how it says so: one line of JSON when asked to stop.
'use strict';

function option(name, fallback) {
  const at = process.argv.indexOf('--' + name);
  return at < 0 ? fallback : process.argv[at + 1];
}

// What was on the way when the run ended is counted too, so it waits a while for the connections to end.
function reportWhenStopped(counts) {
  const stop = () => {
    const deadline = Date.now() + 5000;
    const poll = setInterval(() => {
      if (counts.open > 0 && Date.now() < deadline) return;
      clearInterval(poll);
      process.stdout.write(JSON.stringify(counts) + '\n', () => process.exit(0));
    }, 10);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

module.exports = {option, reportWhenStopped};
