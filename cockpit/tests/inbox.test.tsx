import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { App } from 'antd'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { CaseNotice, EmergencyNotice, InboxNotice, RequestNotice } from '@/api/types'
import { headline } from '@/pages/cases/notices/headline'
import InboxPage from '@/pages/cases/notices/InboxPage'

const head = { at: '2026-11-23T04:00:00Z', read_at: null, place: '' }
const aCase: CaseNotice = {
  ...head, id: '1', about: 'case', type: 'opened', event: '新事件', path: '/cases/7', state: 'open', number: 1042, severity: 2, title: '区域入侵', words: '有人翻越',
}
const asked: RequestNotice = {
  ...head, id: '2', about: 'request', type: 'request_asked', event: '调阅申请待审批', path: '/video/grants/desk', state: 'asked', title: '李娜 · 青秀分局', words: '广场活动保障',
}
const refused: RequestNotice = {
  ...head, id: '3', about: 'request', type: 'request_refused', event: '申请未批准', path: '/video/grants/mine', state: 'refused', title: '您的申请：广场活动保障', words: '请改为仅打码画面',
}
const overdue: EmergencyNotice = {
  ...head, id: '4', about: 'emergency', type: 'emergency_overdue', event: '紧急调阅超期未审', path: '/video/grants/desk', state: 'pending', title: '李娜', words: '有人落水', place: '1 台摄像机：民族广场东',
}

const shown = (items: InboxNotice[]) => {
  const fetched = vi.fn<typeof fetch>(() => Promise.resolve(new Response(JSON.stringify({ items, next: null }))))
  vi.stubGlobal('fetch', fetched)
  // The table asks how wide the window and its own cells are, which jsdom does not know.
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }))
  const style = window.getComputedStyle.bind(window)
  vi.stubGlobal('getComputedStyle', (element: Element) => style(element))
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} })
  const router = createMemoryRouter([{ path: '/cases/notices', element: <InboxPage /> }, { path: '*', element: null }], { initialEntries: ['/cases/notices'] })
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(<QueryClientProvider client={queries}><App><RouterProvider router={router} /></App></QueryClientProvider>)
  return { router, fetched }
}

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

describe('the inbox', () => {
  it('names a case by its number and a request by who asks', () => {
    expect([aCase, asked, refused].map(headline)).toEqual(['新事件 · #1042 区域入侵', '调阅申请待审批 · 李娜 · 青秀分局', '申请未批准 · 您的申请：广场活动保障'])
  })

  it.each([
    [aCase, '有人翻越'],
    [asked, '待审批'],
    [refused, '请改为仅打码画面'],
    [overdue, '待审查'],
  ])('leads where $event is dealt with, and marks it as read', async (notice, said) => {
    const { router, fetched } = shown([notice])
    const line = await screen.findByRole('button', { name: headline(notice) })
    expect(screen.getAllByText(said).length).toBeGreaterThan(0)
    fireEvent.click(line)
    await waitFor(() => expect(router.state.location.pathname).toBe(notice.path))
    const posted = fetched.mock.calls.filter(([url]) => (url as string).endsWith('/notices/read')).map(([, init]) => init?.body)
    expect(posted).toEqual([JSON.stringify({ ids: [notice.id] })])
  })
})
