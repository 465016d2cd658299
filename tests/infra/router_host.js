// Runs routers for tests/infra/test_router.py: for each line with {source, event} one with what
// the handler returns.
const lines = require('readline').createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { source, event } = JSON.parse(line);
  const handler = new Function(`${source}\nreturn handler;`)();
  process.stdout.write(`${JSON.stringify(handler(event))}\n`);
});
