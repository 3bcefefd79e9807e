import { Table, Tag } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useShown, type Shown } from '@/api/shares'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './shares.module.css'
import { sharesText } from './text'

/** What an upper platform sees, exactly: mapped ids, names as they are told, and what it may do. */
export function Preview({ upper }: { upper: string }) {
  const t = useText(sharesText)
  const f = useFormat()
  const [under, setUnder] = useState<string>()
  const trail = useTrail()
  const shown = useShown(upper, { under, after: trail.after, limit: 50 })
  return (
    <>
      <div className={css.actions}>
        <span style={{ width: 260 }}><RegionSelect {...(under ? { value: under } : {})} placeholder={t('preview.under')} onChange={(code) => { setUnder(code); trail.restart() }} /></span>
        {shown.data && <span className={css.faint}>{t('preview.total', { n: f.number(shown.data.total) })}</span>}
      </div>
      <ProblemNote error={shown.error} onRetry={() => void shown.refetch()} />
      <Table<Shown>
        size="small"
        rowKey="code"
        dataSource={shown.data?.items ?? []}
        loading={shown.isPending && !shown.error}
        pagination={false}
        scroll={{ x: 620 }}
        locale={{ emptyText: t('preview.empty') }}
        columns={[
          { title: t('preview.code'), key: 'code', width: 190, render: (_, one) => <span className={css.mono}>{one.code}</span> },
          { title: t('preview.name'), dataIndex: 'name' },
          { title: t('preview.online'), key: 'online', width: 80, render: (_, one) => (one.kind === 'region' ? t('preview.region') : t(one.online ? 'preview.on' : 'preview.off')) },
          { title: t('preview.rights'), key: 'rights', width: 190, render: (_, one) => one.rights.map((right) => <Tag key={right}>{t(`right.${right}`)}</Tag>) },
          { title: t('preview.own'), key: 'own', width: 110, render: (_, one) => one.camera_id && <Link to={`/cameras/${one.camera_id}`}>{t('preview.open')}</Link> },
        ]}
      />
      <Pager trail={trail} next={shown.data?.next} />
    </>
  )
}
