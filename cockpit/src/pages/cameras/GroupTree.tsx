import { useQueryClient } from '@tanstack/react-query'
import { Tree, type TreeDataNode } from 'antd'
import { useMemo, useState } from 'react'
import { get } from '@/api/client'
import { useGroups } from '@/api/queries'
import type { GroupNode } from '@/api/types'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useBoxHeight } from '@/parts/useBoxHeight'
import { useText } from '@/text/language'
import css from './CamerasPage.module.css'
import { camerasText } from './text'
import { TreeNodeTitle } from './TreeNodeTitle'

/** Lower platforms with their business groups and virtual organisations, read level by level as they are opened. */
export function GroupTree({ chosen, onChoose }: { chosen: string | undefined; onChoose: (group: string | undefined) => void }) {
  const t = useText(camerasText)
  const queries = useQueryClient()
  const roots = useGroups()
  const [below, setBelow] = useState<Record<string, GroupNode[]>>({})
  const [box, height] = useBoxHeight<HTMLDivElement>()

  const load = async (parent: string) => {
    const { items } = await queries.query({
      queryKey: ['groups', parent],
      queryFn: () => get<{ items: GroupNode[] }>('/cameras/groups', { parent }),
    })
    setBelow((before) => ({ ...before, [parent]: items }))
  }
  const data = useMemo(() => {
    const nodes = (list: readonly GroupNode[]): TreeDataNode[] =>
      list.map((node) => ({
        key: node.id,
        title: <TreeNodeTitle name={node.name} summary={node} />,
        isLeaf: node.children === 0,
        // A platform as a whole is a filter of its own (by platform); here only what it groups can be chosen.
        selectable: node.kind !== 'source',
        ...(below[node.id] ? { children: nodes(below[node.id] ?? []) } : {}),
      }))
    return nodes(roots.data?.items ?? [])
  }, [below, roots.data])

  return (
    <>
      <ProblemNote error={roots.error} onRetry={() => void roots.refetch()} />
      <div className={css.treeBody} ref={box}>
        {roots.data?.items.length === 0 ? (
          <Teach title={t('tree.groups')}>{t('tree.noGroups')}</Teach>
        ) : (
          <Tree
            aria-label={t('tree.groupsLabel')}
            blockNode
            height={Math.max(200, height)}
            treeData={data}
            loadData={({ key }) => load(String(key))}
            selectedKeys={chosen ? [chosen] : []}
            onSelect={(keys) => onChoose(keys[0] === undefined ? undefined : String(keys[0]))}
          />
        )}
      </div>
    </>
  )
}
