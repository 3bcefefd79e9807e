import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo, useState, type ReactNode } from 'react'
import { get } from '@/api/client'
import { useGroups } from '@/api/queries'
import type { GroupNode } from '@/api/types'
import { TreeNodeTitle } from './TreeNodeTitle'

/** A line of the tree of groups, for a tree as for a field that chooses from one. */
export interface GroupBranch {
  key: string
  value: string
  /** The bare name, for where the line's figures have no room. */
  name: string
  title: ReactNode
  isLeaf: boolean
  selectable: boolean
  children?: GroupBranch[]
}

/** The tree of groups, read level by level: `load` brings what is below a node. */
export function useGroupTree() {
  const queries = useQueryClient()
  const roots = useGroups()
  const [below, setBelow] = useState<Readonly<Record<string, readonly GroupNode[]>>>({})
  const load = useCallback(
    async (parent: string) => {
      const { items } = await queries.query({
        queryKey: ['groups', parent],
        queryFn: () => get<{ items: GroupNode[] }>('/cameras/groups', { parent }),
      })
      setBelow((before) => ({ ...before, [parent]: items }))
    },
    [queries],
  )
  const branches = useMemo(() => branchesOf(roots.data?.items ?? [], below), [below, roots.data])
  return { roots, branches, load }
}

/** A platform as a whole is a filter of its own (by platform); of this tree only what it groups can be chosen. */
export const branchesOf = (nodes: readonly GroupNode[], below: Readonly<Record<string, readonly GroupNode[]>>): GroupBranch[] =>
  nodes.map((node) => ({
    key: node.id,
    value: node.id,
    name: node.name,
    title: <TreeNodeTitle name={node.name} summary={node} />,
    isLeaf: node.children === 0,
    selectable: node.kind !== 'source',
    ...(below[node.id] ? { children: branchesOf(below[node.id] ?? [], below) } : {}),
  }))
