import { describe, expect, it, vi } from 'vitest'
import { Driver, motionOf, STILL, type Motion } from '@/pages/camera/control/drive'
import { finding, hasTried, since } from '@/pages/camera/diagnosis/read'
import { stretches } from '@/pages/camera/device/timeline'
import type { Diagnosis } from '@/api/types'

const left: Motion = { pan: -0.5, tilt: 0, zoom: 0 }
const up: Motion = { pan: 0, tilt: 0.5, zoom: 0 }

/** A camera that answers when the test says so. */
function slowCamera() {
  const sent: Motion[] = []
  const answers: ((ok: boolean) => void)[] = []
  const problem = vi.fn()
  const driver = new Driver(
    (motion) => {
      sent.push(motion)
      return new Promise((resolve, reject) => answers.push((ok) => (ok ? resolve() : reject(new Error('refused')))))
    },
    problem,
  )
  const answer = async (ok = true) => {
    const count = sent.length
    answers.shift()?.(ok)
    await Promise.resolve()
    await vi.waitFor(() => expect(sent.length).toBeGreaterThanOrEqual(count))
    for (let n = 0; n < 5; n++) await Promise.resolve()
  }
  return { driver, sent, answer, problem }
}

describe('motionOf', () => {
  it('adds the keys that are held and lets opposite ones cancel out', () => {
    expect(motionOf(['ArrowLeft', 'ArrowUp'], 0.5)).toEqual({ pan: -0.5, tilt: 0.5, zoom: 0 })
    expect(motionOf(['ArrowLeft', 'ArrowRight'], 1)).toEqual(STILL)
    expect(motionOf(['+'], 0.2)).toEqual({ pan: 0, tilt: 0, zoom: 0.2 })
    expect(motionOf([], 1)).toEqual(STILL)
  })
})

describe('Driver', () => {
  it('sends one order at a time and skips what was overtaken', async () => {
    const { driver, sent, answer } = slowCamera()
    driver.want(left)
    driver.want(up)
    driver.stop()
    expect(sent).toEqual([left])
    await answer()
    expect(sent).toEqual([left, STILL])
  })

  it('sends nothing twice', async () => {
    const { driver, sent, answer } = slowCamera()
    driver.want(left)
    driver.want({ ...left })
    await answer()
    expect(sent).toEqual([left])
  })

  it('sends a stop again when it was lost, but not for ever', async () => {
    const { driver, sent, answer, problem } = slowCamera()
    driver.want(left)
    await answer()
    driver.stop()
    for (let n = 0; n < 5; n++) await answer(false)
    expect(sent).toEqual([left, STILL, STILL, STILL])
    expect(problem).toHaveBeenCalledTimes(3)
  })

  it('sends the stop even when the movement was answered with an error: it may have arrived', async () => {
    const { driver, sent, answer } = slowCamera()
    driver.want(left)
    await answer(false)
    driver.stop()
    expect(sent).toEqual([left, STILL])
  })
})

describe('recorded times of a day', () => {
  const day = '2026-11-22T00:00:00+08:00'

  it('are joined where they touch and cut at its edges', () => {
    const spans = [
      { start: '2026-11-22T06:00:00+08:00', end: '2026-11-22T12:00:00+08:00' },
      { start: '2026-11-21T23:00:00+08:00', end: '2026-11-22T06:00:00+08:00' },
      { start: '2026-11-22T18:00:00+08:00', end: '2026-11-23T06:00:00+08:00' },
    ]
    expect(stretches(spans, day)).toEqual([{ from: 0, to: 0.5 }, { from: 0.75, to: 1 }])
  })

  it('leave out what lies on another day or ends before it begins', () => {
    expect(stretches([{ start: '2026-11-20T00:00:00Z', end: '2026-11-20T01:00:00Z' }], day)).toEqual([])
    expect(stretches([{ start: '2026-11-22T05:00:00+08:00', end: '2026-11-22T04:00:00+08:00' }], day)).toEqual([])
  })
})

describe('a diagnosis', () => {
  const base: Diagnosis = {
    finding: { code: 'inspect.why_plays', zh: '能播放', en: 'It plays', next: { zh: '', en: '' } },
    ladder: [], sdp: { offer: null, answer: null }, rtp: null, decoder: null, last_good_at: null,
    steps: [{ code: 'address', name: '取流方式', state: 'ok', detail: null }, { code: 'picture', name: '解出画面', state: 'ok', detail: null }],
  }

  it('is good news when the last step was reached, bad when one failed, and neither while nobody knows', () => {
    const [first, last] = base.steps
    expect(finding(base, 'en')).toEqual({ text: 'It plays', next: null, tone: 'success' })
    if (!first || !last) throw new Error('two steps')
    expect(finding({ ...base, steps: [first, { ...last, state: 'failed' }] }, 'zh').tone).toBe('error')
    expect(finding({ ...base, steps: [first, { ...last, state: 'skipped' }] }, 'zh').tone).toBe('info')
  })

  it('knows whether anything was tried', () => {
    expect(hasTried(base)).toBe(true)
    expect(hasTried({ ...base, steps: base.steps.map((step) => ({ ...step, state: 'skipped' as const })) })).toBe(false)
  })

  it('tells the wait between two messages', () => {
    const steps = [{ at: '2026-11-22T00:00:00.000Z' }, { at: '2026-11-22T00:00:00.250Z' }]
    expect([since(steps, 0), since(steps, 1), since(steps, 2)]).toEqual([null, 250, null])
  })
})
