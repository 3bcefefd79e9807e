import { useQueryClient } from '@tanstack/react-query'
import { Tree, type TreeDataNode } from 'antd'
import { useMemo, useState } from 'react'
import { get } from '@/api/client'
import { useTree } from '@/api/queries'
import type { TreeNode } from '@/api/types'
import { useMe } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { useBoxHeight } from '@/parts/useBoxHeight'
import { useText } from '@/text/language'
import css from './CamerasPage.module.css'
import { ancestors } from './regions'
import { camerasText } from './text'
import { TreeNodeTitle } from './TreeNodeTitle'

/** Regions with their cameras, read level by level as they are opened. */
export function RegionTree({ chosen, onChoose }: { chosen: string | undefined; onChoose: (region: string | undefined) => void }) {
  const t = useText(camerasText)
  const queries = useQueryClient()
  const roots = useMe().regions
  const [below, setBelow] = useState<Record<string, TreeNode[]>>({})
  const [open, setOpen] = useState<string[]>(() => [...roots.map((region) => region.code), ...(chosen ? ancestors(chosen) : [])])
  const first = useTree(roots[0]?.code ?? '45')
  const [box, height] = useBoxHeight<HTMLDivElement>()

  const load = async (parent: string) => {
    const { items } = await queries.query({
      queryKey: ['tree', parent],
      queryFn: () => get<{ items: TreeNode[] }>('/cameras/tree', { parent }),
    })
    setBelow((before) => ({ ...before, [parent]: items }))
  }
  const data = useMemo(() => {
    const levels: Record<string, TreeNode[]> = { ...below }
    if (first.data) levels[roots[0]?.code ?? '45'] = first.data.items
    const nodes = (parent: string): TreeDataNode[] =>
      (levels[parent] ?? []).map((node) => ({
        key: node.code,
        title: <TreeNodeTitle name={node.name} summary={node} />,
        isLeaf: node.children === 0 || node.level >= 4,
        ...(levels[node.code] ? { children: nodes(node.code) } : {}),
      }))
    return roots.map((root): TreeDataNode => ({ key: root.code, title: root.name, ...(levels[root.code] ? { children: nodes(root.code) } : {}) }))
  }, [below, first.data, roots])

  return (
    <>
      <ProblemNote error={first.error} onRetry={() => void first.refetch()} />
      <div className={css.treeBody} ref={box}>
        <Tree
          aria-label={t('tree.label')}
          blockNode
          height={Math.max(200, height)}
          treeData={data}
          loadData={({ key }) => load(String(key))}
          expandedKeys={open}
          onExpand={(keys) => setOpen(keys.map(String))}
          selectedKeys={chosen ? [chosen] : []}
          onSelect={(keys) => onChoose(keys[0] === undefined ? undefined : String(keys[0]))}
        />
      </div>
    </>
  )
}
