import { act, renderHook, waitFor } from '@testing-library/react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useTourClock } from '@/pages/wall/useTourClock'
import { useView } from '@/parts/live/useView'

interface Asked {
  method: string
  url: string
  answer: (status: number, body?: object) => void
}

let asked: Asked[] = []
const purpose = { code: 'traffic', text: '', keep: false }
const permit = (id: string) => ({ permit_id: id, retrieval_id: `r-${id}`, url: `ws://node/live?ticket=${id}`, watermark: { viewer: '韦', at: '' } })
const posts = () => asked.filter(({ method }) => method === 'POST')
const returned = () => asked.filter(({ method }) => method === 'DELETE').map(({ url }) => url.split('/').pop())

beforeEach(() => {
  asked = []
  vi.stubGlobal('fetch', (url: string, { method = 'GET' }: RequestInit) =>
    new Promise<Response>((resolve) => {
      const answer = (status: number, body?: object) => resolve(new Response(body ? JSON.stringify(body) : null, { status }))
      if (method === 'DELETE') answer(204)
      asked.push({ method, url, answer })
    }))
})
afterEach(() => vi.unstubAllGlobals())

const queries = new QueryClient()
const show = (camera: string) =>
  renderHook(({ id }: { id: string }) => useView(id), {
    initialProps: { id: camera },
    wrapper: ({ children }) => <QueryClientProvider client={queries}>{children}</QueryClientProvider>,
  })

describe('asking for a picture', () => {
  it('gives a permit back that comes when nobody waits for it any more', async () => {
    const { result, rerender } = show('a')
    act(() => void result.current.ask(purpose))
    await waitFor(() => expect(posts()).toHaveLength(1))
    rerender({ id: 'b' })
    act(() => posts()[0]?.answer(201, permit('late')))
    await waitFor(() => expect(returned()).toEqual(['late']))
    expect(result.current.open).toBeNull()
    expect(result.current.busy).toBe(false)
  })

  it('gives the one before back when it asks again, and the last when the player goes', async () => {
    const { result, unmount } = show('a')
    for (const [index, id] of ['one', 'two'].entries()) {
      act(() => void result.current.ask(purpose))
      await waitFor(() => expect(posts()).toHaveLength(index + 1))
      act(() => posts()[index]?.answer(201, permit(id)))
      await waitFor(() => expect(result.current.open?.view.permit_id).toBe(id))
    }
    expect(returned()).toEqual(['one'])
    unmount()
    expect(returned()).toEqual(['one', 'two'])
  })

  it('keeps a refusal to be read, and forgets it with the next asking', async () => {
    const { result } = show('a')
    act(() => void result.current.ask(purpose))
    await waitFor(() => expect(posts()).toHaveLength(1))
    act(() => posts()[0]?.answer(403, { code: 'gate.no_grant', detail: '没有授权' }))
    await waitFor(() => expect(result.current.problem).toMatchObject({ code: 'gate.no_grant' }))
    act(() => void result.current.ask(purpose))
    expect(result.current.problem).toBeNull()
    await waitFor(() => expect(posts()).toHaveLength(2))
  })
})

describe('asking for many pictures at once', () => {
  it('waits for the first permit, which brings the cookie, and for the next one when it is refused', async () => {
    vi.resetModules()
    const { askView } = await import('@/api/views')
    const said = { camera_id: 'c', purpose_code: 'traffic', purpose_text: '' }
    const all = Promise.allSettled([askView(said), askView(said), askView(said), askView(said)])
    await waitFor(() => expect(posts()).toHaveLength(1))
    posts()[0]?.answer(403, { code: 'gate.no_grant' })
    await waitFor(() => expect(posts()).toHaveLength(2))
    await Promise.resolve()
    expect(posts()).toHaveLength(2)
    posts()[1]?.answer(201, permit('first'))
    await waitFor(() => expect(posts()).toHaveLength(4))
    for (const { answer } of posts()) answer(201, permit('more'))
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
  })
})

describe('the clock of tours', () => {
  it('runs by the second, stands still while it is paused, and begins afresh with another wall', () => {
    vi.useFakeTimers()
    const wall = {}
    const { result, rerender } = renderHook(({ running, of }: { running: boolean; of: object }) => useTourClock(running, of), { initialProps: { running: true, of: wall } })
    act(() => void vi.advanceTimersByTime(3000))
    expect(result.current).toBe(3)
    rerender({ running: false, of: wall })
    act(() => void vi.advanceTimersByTime(3000))
    expect(result.current).toBe(3)
    rerender({ running: true, of: wall })
    act(() => void vi.advanceTimersByTime(1000))
    expect(result.current).toBe(4)
    rerender({ running: true, of: {} })
    expect(result.current).toBe(0)
    vi.useRealTimers()
  })
})
