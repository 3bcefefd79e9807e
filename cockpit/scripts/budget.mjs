// Fails the build when what every visitor loads first grows past its budget, or when the map or the charts slip into it.
import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const BUDGET_BYTES = 300_000
const LAZY = /maplibre|deck\.gl|luma|echarts|zrender/

const page = join(dirname(fileURLToPath(import.meta.url)), '../../src/commonsight/api/page')
const manifestPath = join(page, 'manifest.json')
const manifest = JSON.parse(await readFile(manifestPath, 'utf8'))

/** Files loaded together with a chunk: itself and its static imports, not what it imports later. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) closure(next, seen)
  return seen
}

const gzipBytes = async (file) => gzipSync(await readFile(join(page, file)), { level: 9 }).length

async function weigh(keys) {
  let total = 0
  for (const key of keys) total += await gzipBytes(manifest[key].file)
  return total
}

const entryKey = Object.keys(manifest).find((key) => manifest[key].isEntry)
const entry = closure(entryKey)
const size = await weigh(entry)
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`

console.log(`first load   ${kilobytes(size)} gzip in ${entry.size} files (budget ${kilobytes(BUDGET_BYTES)})`)
for (const key of Object.keys(manifest).filter((k) => k.startsWith('src/') && manifest[k].isDynamicEntry)) {
  const extra = [...closure(key)].filter((k) => !entry.has(k))
  console.log(`  + ${key.replace(/^src\//, '').padEnd(44)} ${kilobytes(await weigh(extra))}`)
}
const slipped = [...entry].filter((key) => LAZY.test(key) || LAZY.test(manifest[key].name ?? ''))
if (slipped.length) throw new Error(`map or chart code in the first load: ${slipped.join(', ')}`)
if (size > BUDGET_BYTES) throw new Error(`first load is ${kilobytes(size)}, over the budget of ${kilobytes(BUDGET_BYTES)}`)
await rm(manifestPath)
