import { Segmented } from 'antd'
import { useState } from 'react'
import { useText } from '@/text/language'
import css from './CamerasPage.module.css'
import { withFilter, type Filters } from './filters'
import { GroupTree } from './GroupTree'
import { RegionTree } from './RegionTree'
import { camerasText } from './text'

type Which = 'regions' | 'groups'

/** The two orders cameras stand in: where they are, and how the platforms below group them. */
export function Trees({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) {
  const t = useText(camerasText)
  const [which, setWhich] = useState<Which>(filters.group === undefined ? 'regions' : 'groups')
  return (
    <>
      <div className={css.treeHead}>
        <Segmented<Which>
          block
          size="small"
          aria-label={t('tree.which')}
          value={which}
          options={[{ value: 'regions', label: t('tree.title') }, { value: 'groups', label: t('tree.groups') }]}
          onChange={setWhich}
        />
      </div>
      {which === 'regions' ? (
        <RegionTree chosen={filters.region} onChoose={(region) => onChange(withFilter(filters, 'region', region))} />
      ) : (
        <GroupTree chosen={filters.group} onChoose={(group) => onChange(withFilter(filters, 'group', group))} />
      )}
    </>
  )
}
