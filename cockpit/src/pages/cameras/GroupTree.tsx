import { Tree } from 'antd'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useBoxHeight } from '@/parts/useBoxHeight'
import { useText } from '@/text/language'
import css from './CamerasPage.module.css'
import { camerasText } from './text'
import { useGroupTree } from './useGroupTree'

/** Lower platforms with their business groups and virtual organisations, read level by level as they are opened. */
export function GroupTree({ chosen, onChoose }: { chosen: string | undefined; onChoose: (group: string | undefined) => void }) {
  const t = useText(camerasText)
  const { roots, branches, load } = useGroupTree()
  const [box, height] = useBoxHeight<HTMLDivElement>()

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
            treeData={branches}
            loadData={({ key }) => load(key)}
            selectedKeys={chosen ? [chosen] : []}
            onSelect={(keys) => onChoose(keys[0] === undefined ? undefined : String(keys[0]))}
          />
        )}
      </div>
    </>
  )
}
