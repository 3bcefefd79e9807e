import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { GroupNode } from '@/api/types'
import { branchesOf } from '@/pages/cameras/useGroupTree'
import { GroupsField } from '@/pages/grants/GroupsField'
import { LanguageProvider } from '@/text/language'

const node = (id: string, name: string, kind: GroupNode['kind'], children: number): GroupNode => ({ id, name, kind, children, total: 4, works: 2, bad: 1, offline: 1, unknown: 0 })
const SOURCE = node('s1', '兴宁分局平台', 'source', 1)
const GROUP = node('s1:45010200002150000001', '学校周边', 'group', 0)

let asked: string[] = []
beforeEach(() => {
  asked = []
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined }))
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} })
  vi.stubGlobal('fetch', (url: string) => {
    asked.push(url)
    return Promise.resolve(new Response(JSON.stringify({ items: url.includes('parent=') ? [GROUP] : [SOURCE] }), { status: 200 }))
  })
})
afterEach(() => vi.unstubAllGlobals())

describe('the tree of groups', () => {
  it('lets groups be chosen and not the platforms they are of', () => {
    const [platform] = branchesOf([SOURCE], { s1: [GROUP] })
    expect(platform).toMatchObject({ value: 's1', selectable: false, isLeaf: false })
    expect(platform?.children).toMatchObject([{ value: GROUP.id, name: '学校周边', selectable: true, isLeaf: true }])
  })

  it('knows no children before they were read', () => {
    expect(branchesOf([SOURCE], {})[0]).not.toHaveProperty('children')
  })
})

describe('choosing groups for a grant', () => {
  it('opens a platform and gives the group chosen in it by platform and code', async () => {
    const chosen = vi.fn()
    render(
      <QueryClientProvider client={new QueryClient()}>
        <LanguageProvider><GroupsField value={[]} onChange={chosen} /></LanguageProvider>
      </QueryClientProvider>,
    )
    fireEvent.mouseDown(await screen.findByRole('combobox'))
    fireEvent.click(await screen.findByText('兴宁分局平台'))
    expect(chosen).not.toHaveBeenCalled()
    fireEvent.click(document.querySelector('.ant-select-tree-switcher') ?? document.body)
    fireEvent.click(await screen.findByText('学校周边'))
    await waitFor(() => expect(chosen).toHaveBeenCalledWith([{ source: 's1', code: '45010200002150000001' }]))
    expect(asked.some((url) => url.includes('parent=s1'))).toBe(true)
  })
})
