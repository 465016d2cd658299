// Runs routers for tests/infra/test_router.py. Each line of the input has a {source, event}; each line
// of the output is the handler's result.
const lines = require('readline').createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { source, event } = JSON.parse(line);
  const handler = new Function(`${source}\nreturn handler;`)();
  process.stdout.write(`${JSON.stringify(handler(event))}\n`);
});
