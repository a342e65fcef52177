// Which file CloudFront is asked for: the function in infra/page.yaml, as it is deployed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const template = readFileSync(join(import.meta.dirname, '..', '..', 'infra', 'page.yaml'), 'utf8');
const code = /FunctionCode: \|\n((?: {8}.*\n)+)/.exec(template)?.[1] ?? '';
type Asked = { uri?: string; statusCode?: number; headers?: { location: { value: string } } };
const handler = new Function(`${code}; return handler;`)() as (event: { request: { uri: string } }) => Asked;

describe('the file of an address', () => {
  it.each([
    ['/', '/index.html'],
    ['/index.html', '/index.html'],
    ['/review/', '/review/index.html'],
    ['/check/again', '/index.html'],
    ['/review/7', '/index.html'],
    ['/assets/index-abc123.js', '/assets/index-abc123.js'],
    ['/config.json', '/config.json'],
  ])('%s is %s', (uri, file) => {
    expect(handler({ request: { uri } }).uri).toBe(file);
  });

  it('a folder without its slash is somewhere else', () => {
    expect(handler({ request: { uri: '/review' } })).toMatchObject({ statusCode: 308, headers: { location: { value: '/review/' } } });
  });
});
