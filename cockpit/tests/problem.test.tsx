import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { call, path, setRequestLanguage, whenSessionIsLost } from '@/api/client'
import { Problem, problemFacts } from '@/api/problem'
import { ProblemNote } from '@/parts/ProblemNote'

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(new Response(body === null ? null : JSON.stringify(body), { status, headers }))))
const asked = () => {
  const [url, init] = vi.mocked(fetch).mock.calls[0] ?? []
  return { url, init, headers: init?.headers as Record<string, string> }
}

beforeEach(() => whenSessionIsLost(() => undefined))
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

describe('call', () => {
  it('sends what was read along with a change, in the person’s language', async () => {
    setRequestLanguage('en')
    answer(200, { id: 'x' }, { ETag: '"2"' })
    const { data, etag } = await call<{ id: string }>('PUT', '/cameras/x/analysis', { body: { enabled: true }, ifMatch: '"1"' })
    expect([data.id, etag]).toEqual(['x', '"2"'])
    expect(asked().headers).toMatchObject({ 'If-Match': '"1"', 'Accept-Language': 'en', 'Content-Type': 'application/json' })
  })

  it('leaves empty filters out of the address', () => {
    expect(path('/cameras', { q: '', region: '45', health: undefined, limit: 0 })).toBe('/api/v1/cameras?region=45&limit=0')
  })

  it('turns a refusal into a problem with its facts', async () => {
    answer(412, { code: 'analyze.changed', detail: '别人刚刚改过', rule: 'If-Match', expected: '"1"', actual: '"2"' })
    const problem = await call('PUT', '/x').catch((error: unknown) => error as Problem)
    expect(problem).toBeInstanceOf(Problem)
    expect(problem).toMatchObject({ status: 412, code: 'analyze.changed', message: '别人刚刚改过' })
  })

  it('survives a refusal that is no problem document', async () => {
    vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(new Response('<html>bad gateway', { status: 502 }))))
    await expect(call('GET', '/x')).rejects.toMatchObject({ status: 502, code: 'http.502' })
  })

  it('says when nothing answered', async () => {
    vi.stubGlobal('fetch', vi.fn(() => Promise.reject(new TypeError('failed'))))
    await expect(call('GET', '/x')).rejects.toMatchObject({ status: 0 })
  })

  it('notices that the session has ended, but not at a failed login', async () => {
    const lost = vi.fn()
    whenSessionIsLost(lost)
    answer(401, {})
    await call('POST', '/sessions').catch(() => undefined)
    expect(lost).not.toHaveBeenCalled()
    await call('GET', '/cameras').catch(() => undefined)
    expect(lost).toHaveBeenCalledOnce()
  })
})

describe('problemFacts', () => {
  it('keeps the order of reading and drops what is empty', () => {
    expect(problemFacts({ actual: 0, rule: 'limit', operand: '', expected: null })).toEqual([
      { label: 'rule', value: 'limit' },
      { label: 'actual', value: '0' },
    ])
    expect(problemFacts({ detail: '上限是 100', expected: '100', actual: 200 })).toEqual([{ label: 'actual', value: '200' }])
    expect(problemFacts({ expected: ['a', 1] })).toEqual([{ label: 'expected', value: '["a",1]' }])
  })
})

describe('ProblemNote', () => {
  it('shows the refusal’s sentence, its rule and both values', () => {
    render(<ProblemNote error={new Problem({ detail: '超出上限', rule: '分页', operand: 'limit', expected: '1..1000', actual: 5000 }, 422)} />)
    for (const text of ['超出上限', '分页', 'limit', '1..1000', '5000']) expect(screen.getByText(text)).toBeTruthy()
  })

  it('says what to do when nothing answered', () => {
    render(<ProblemNote error={new Problem({}, 0)} />)
    expect(screen.getByText(/平台没有应答/)).toBeTruthy()
  })

  it('shows nothing without an error', () => {
    const { container } = render(<ProblemNote error={null} />)
    expect(container.textContent).toBe('')
  })
})
