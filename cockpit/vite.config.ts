import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// In development the page is served by Vite and everything else by a running platform.
const platform = process.env.COMMONSIGHT_URL ?? 'http://127.0.0.1:8600'

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': here('./src') } },
  build: {
    outDir: here('../src/commonsight/api/page'),
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2022',
    // Inlined assets would need data: in the content security policy.
    assetsInlineLimit: 0,
    // The map's own chunk is large by nature; scripts/budget.mjs watches what the first screen loads.
    chunkSizeWarningLimit: 2200,
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': { target: platform, ws: true } } },
  test: { environment: 'jsdom', include: ['tests/**/*.test.{ts,tsx}'], clearMocks: true, restoreMocks: true },
})
