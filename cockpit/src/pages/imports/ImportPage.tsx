import { Steps, Table } from 'antd'
import { Link, useNavigate, useParams } from 'react-router'
import { useImport, useImports } from '@/api/imports'
import type { ImportRun, ImportState } from '@/api/types'
import { CamerasNav } from '@/pages/cameras/CamerasNav'
import { PageHead, Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { ChooseFile } from './ChooseFile'
import css from './imports.module.css'
import { Run } from './Run'
import { importsText } from './text'

const STEP: Record<ImportState, number> = { 
  receiving: 0, checking: 1, checked: 1, committing: 2, committed: 3, undoing: 3, undone: 3, failed: 1, discarded: 1,
}

/** Many cameras from one file: choose, dry run, write, undo. Each import has its own address and can be left and found again. */
export default function ImportPage() {
  const t = useText(importsText)
  const { id } = useParams()
  const navigate = useNavigate()
  const run = useImport(id)
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')} />
      <CamerasNav />
      <div className={css.stack}>
        <Panel>
          <Steps
            size="small"
            current={id === undefined ? 0 : run.data ? STEP[run.data.state] : 1}
            items={(['file', 'check', 'commit', 'done'] as const).map((step) => ({ title: t(`step.${step}`) }))}
            {...(run.data?.state === 'failed' ? { status: 'error' as const } : {})}
          />
          <div className={css.body}>
            <ProblemNote error={run.error} />
            {id === undefined && <ChooseFile onSent={(made) => void navigate(`/cameras/import/${made}`)} />}
            {id !== undefined && run.data && <Run run={run.data} />}
          </div>
        </Panel>
        <Earlier />
      </div>
    </div>
  )
}

function Earlier() {
  const t = useText(importsText)
  const f = useFormat()
  const trail = useTrail()
  const imports = useImports({ after: trail.after, limit: 20 })
  return (
    <Panel title={t('list.title')} flush>
      <ProblemNote error={imports.error} onRetry={() => void imports.refetch()} />
      <Table<ImportRun>
        size="small"
        rowKey="id"
        dataSource={imports.data?.items ?? []}
        loading={imports.isPending && !imports.error}
        pagination={false}
        scroll={{ x: 820 }}
        locale={{ emptyText: <Teach title={t('list.none')}>{t('file.templateText')}</Teach> }}
        columns={[
          { title: t('list.file'), key: 'file', render: (_, run) => <Link to={`/cameras/import/${run.id}`}>{run.name}</Link> },
          { title: t('list.state'), key: 'state', width: 120, render: (_, run) => t(`state.${run.state}`) },
          { title: t('check.rows'), key: 'rows', width: 90, align: 'right', render: (_, run) => f.number(run.rows) },
          { title: t('check.refused'), key: 'bad', width: 90, align: 'right', render: (_, run) => f.number(run.refused) },
          { title: t('list.when'), key: 'when', width: 170, render: (_, run) => f.dateTime(run.created_at) },
          { title: t('list.who'), key: 'who', width: 140, ellipsis: true, render: (_, run) => run.by },
        ]}
      />
      <Pager trail={trail} next={imports.data?.next} />
    </Panel>
  )
}
