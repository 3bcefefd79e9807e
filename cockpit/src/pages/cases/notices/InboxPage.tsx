import { Button, Checkbox, Table } from 'antd'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { useNotices } from '@/api/cases'
import { call } from '@/api/client'
import type { InboxNotice } from '@/api/types'
import { PageHead, Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../cases.module.css'
import { CasesNav } from '../CasesNav'
import { SeverityMark } from '../SeverityMark'
import { headline } from './headline'
import { NoticeState } from './NoticeState'
import { noticesText } from './text'

/** What a person was told, the newest first; opening what it is about marks it as read. */
export default function InboxPage() {
  const t = useText(noticesText)
  const f = useFormat()
  const navigate = useNavigate()
  const act = useAct()
  const trail = useTrail()
  const [unread, setUnread] = useState(false)
  const notices = useNotices({ ...(unread ? { unread } : {}), after: trail.after, limit: 50 })
  const read = (ids: string[] | null) => act.run(() => call('POST', '/notices/read', { body: { ids } }), ['notices'])
  const open = (notice: InboxNotice) => {
    if (notice.read_at === null) void read([notice.id])
    void navigate(notice.path)
  }
  return (
    <div className={css.page}>
      <PageHead title={t('inbox.title')} note={t('inbox.note')}>
        <Button loading={act.busy} onClick={() => void read(null)}>{t('inbox.readAll')}</Button>
      </PageHead>
      <CasesNav />
      <Panel flush>
        <div className={css.bar}>
          <Checkbox checked={unread} onChange={(event) => { setUnread(event.target.checked); trail.restart() }}>{t('inbox.unread')}</Checkbox>
        </div>
        <ProblemNote error={act.problem ?? notices.error} />
        <Table<InboxNotice>
          size="small"
          rowKey="id"
          dataSource={notices.data?.items ?? []}
          loading={notices.isPending && !notices.error}
          pagination={false}
          scroll={{ x: 760 }}
          locale={{ emptyText: <Teach title={t('inbox.none')}>{t('inbox.teach')}</Teach> }}
          columns={[
            { title: '', key: 'new', width: 60, render: (_, one) => one.read_at === null && <span className={css.more}>{t('inbox.new')}</span> },
            { title: t('rules.severity'), key: 'severity', width: 100, render: (_, one) => one.about === 'case' && <SeverityMark severity={one.severity} /> },
            {
              title: t('deliveries.what'), key: 'what',
              render: (_, one) => (
                <>
                  <Button type="link" size="small" style={{ padding: 0 }} onClick={() => open(one)}>{headline(one)}</Button>
                  <span className={css.sub}>{[one.place, one.words].filter(Boolean).join(' · ')}</span>
                </>
              ),
            },
            { title: t('deliveries.state'), key: 'state', width: 110, render: (_, one) => <NoticeState notice={one} /> },
            { title: t('deliveries.when'), key: 'at', width: 160, render: (_, one) => <span title={f.dateTime(one.at)}>{f.ago(one.at)}</span> },
          ]}
        />
        <Pager trail={trail} next={notices.data?.next} />
      </Panel>
    </div>
  )
}
