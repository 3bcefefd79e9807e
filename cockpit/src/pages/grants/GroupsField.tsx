import { Form, TreeSelect } from 'antd'
import type { CameraChoice } from '@/api/grants'
import { useGroupTree } from '@/pages/cameras/useGroupTree'
import { ProblemNote } from '@/parts/ProblemNote'
import { useText } from '@/text/language'
import { grantsText } from './text'

type Groups = NonNullable<CameraChoice['groups']>

const idOf = ({ source, code }: Groups[number]): string => `${source}:${code}`
const groupOf = (id: string): Groups[number] => ({ source: id.slice(0, id.indexOf(':')), code: id.slice(id.indexOf(':') + 1) })

/** Chooses business groups and virtual organisations below the platforms that report them; nothing where none does. */
export function GroupsField({ value, onChange }: { value: Groups; onChange: (groups: Groups) => void }) {
  const t = useText(grantsText)
  const { roots, branches, load } = useGroupTree()
  if (roots.error) return <ProblemNote error={roots.error} onRetry={() => void roots.refetch()} />
  if (branches.length === 0 && value.length === 0) return null
  return (
    <Form.Item label={t('ask.groups')} extra={t('ask.groupsNote')}>
      <TreeSelect<string[]>
        multiple allowClear showSearch={false} aria-label={t('ask.groups')} placeholder={t('ask.groupsHint')}
        treeData={branches} treeNodeLabelProp="name" popupMatchSelectWidth={360}
        loadData={({ value: id }) => load(String(id))}
        value={value.map(idOf)} onChange={(ids) => onChange(ids.map(groupOf))}
      />
    </Form.Item>
  )
}
