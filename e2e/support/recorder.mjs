// Stands before the sandbox's Stripe and writes down every object that it answers with, a line each.
import { appendFileSync } from 'node:fs';
import { createServer, request } from 'node:http';

export async function recorder(port, file) {
  const server = createServer((asked, answer) => {
    const { method, url, headers } = asked;
    const passed = request({ host: '127.0.0.1', port, method, path: url, headers }, (got) => {
      const parts = [];
      got.on('data', (part) => parts.push(part));
      got.on('end', () => {
        const body = Buffer.concat(parts);
        if (got.statusCode === 200 && url.startsWith('/v1/')) appendFileSync(file, `${JSON.stringify(JSON.parse(body))}\n`);
        answer.writeHead(got.statusCode, got.headers).end(body);
      });
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  server.unref();
  return server.address().port;
}
