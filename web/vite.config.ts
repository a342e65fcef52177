// The build: two pages, the check and the reviewer console; everything they load comes from their own origin. The
// WebAssembly of TensorFlow.js is copied out of the locked npm package, because Amplify's default is a CDN that a
// strict CSP forbids.

import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Which of the three is fetched is decided by the browser's abilities, so all of them are served.
const WASM = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm'];

async function copyWasm(): Promise<void> {
  const dist = join(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist');
  const target = join(import.meta.dirname, 'public', 'tfjs');
  await mkdir(target, { recursive: true });
  await Promise.all(WASM.map((name) => copyFile(join(dist, name), join(target, name))));
}

export default defineConfig(({ command, mode }) => ({
  plugins: [react(), { name: 'copy-tfjs-wasm', buildStart: () => (mode === 'test' ? undefined : copyWasm()) }],
  define: command === 'build' ? { 'process.env.NODE_ENV': JSON.stringify('production') } : {},
  build: {
    target: 'es2022',
    rolldownOptions: { input: [join(import.meta.dirname, 'index.html'), join(import.meta.dirname, 'review', 'index.html')] },
    // A data: URL would need a wider CSP than a file of our own origin.
    assetsInlineLimit: 0,
    // The detector with TensorFlow.js is one lazily loaded chunk above the default warning size.
    chunkSizeWarningLimit: 2500,
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
}));
