import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { liveText } from '@/parts/live/text'
import { endName, registerText } from '@/parts/register'

const source = readFileSync('../src/commonsight/media/model.py', 'utf8')
const listed = /End = Literal\[([^\]]*)\]/.exec(source)?.[1] ?? ''
const ends = [...listed.matchAll(/"(\w+)"/g)].map((match) => match[1] ?? '')
/** Said on the live connection before or beside an `End`. */
const refusals = ['permit_refused', 'camera_without_source', 'camera_invalid', 'limit_unsupported', 'node_full', 'register_unavailable', 'internal']

describe('every way a picture can end', () => {
  it('is read from the media room', () => expect(ends).toContain('source_lost'))

  it.each([...ends, ...refusals])('%s has words in both languages', (code) => {
    for (const words of [liveText.zh, liveText.en]) expect(words).toHaveProperty([`lost.${code}`])
  })

  it.each(ends)('%s has a short word on the register', (code) => {
    for (const language of ['zh', 'en'] as const) {
      expect(endName((key) => registerText[language][key], code)).not.toBe(code)
    }
  })
})
