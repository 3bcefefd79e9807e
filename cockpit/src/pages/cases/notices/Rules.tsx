import { App, Button, Table } from 'antd'
import { useState } from 'react'
import { useCaseKinds, useRules } from '@/api/cases'
import { call } from '@/api/client'
import type { NoticeRule } from '@/api/types'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useBilingual, useText } from '@/text/language'
import css from '../cases.module.css'
import { casesText, severityName } from '../text'
import { RuleForm } from './RuleForm'
import { noticesText } from './text'

/** Who is told of what. A rule that was removed can be brought back at once. */
export function Rules() {
  const t = useText(noticesText)
  const c = useText(casesText)
  const p = useText(partsText)
  const pick = useBilingual()
  const { notification } = App.useApp()
  const act = useAct()
  const rules = useRules()
  const kinds = new Map((useCaseKinds().data?.items ?? []).map((kind) => [kind.code, pick(kind)]))
  const [adding, setAdding] = useState(false)
  const add = <Button type="primary" size="small" onClick={() => setAdding(true)}>{t('rules.add')}</Button>
  const remove = (rule: NoticeRule) =>
    act.run(async () => {
      await call('DELETE', `/notices/rules/${rule.id}`)
      const undo = async () => {
        notification.destroy(rule.id)
        await act.run(() => call('POST', '/notices/rules', { body: again(rule) }), ['notice-rules'])
      }
      notification.open({ key: rule.id, duration: 20, title: t('rules.removed'), actions: <Button size="small" type="primary" onClick={() => void undo()}>{t('rules.undo')}</Button> })
    }, ['notice-rules'])
  return (
    <Panel title={t('rules.title')} note={t('rules.note')} actions={add} flush>
      <ProblemNote error={act.problem ?? rules.error} />
      <Table<NoticeRule>
        size="small"
        rowKey="id"
        dataSource={rules.data?.items ?? []}
        loading={rules.isPending && !rules.error}
        pagination={false}
        scroll={{ x: 900 }}
        locale={{ emptyText: <Teach title={t('rules.none')} action={add}>{t('rules.teach')}</Teach> }}
        columns={[
          { title: t('rules.holder'), key: 'holder', width: 160, render: (_, one) => one.holder_name },
          { title: t('rules.channel'), key: 'channel', width: 160, render: (_, one) => one.channel_name ?? t('kind.page') },
          { title: t('rules.events'), key: 'events', render: (_, one) => one.events.map((event) => t(`event.${event}`)).join(p('list.separator')) },
          { title: t('rules.severity'), key: 'severity', width: 130, render: (_, one) => t('rules.upTo', { name: severityName(c, one.severity) }) },
          { title: t('rules.kinds'), key: 'kinds', width: 120, render: (_, one) => (one.kinds.length > 0 ? one.kinds.map((kind) => kinds.get(kind) ?? kind).join(p('list.separator')) : t('rules.allKinds')) },
          { title: t('rules.regions'), key: 'regions', width: 120, render: (_, one) => one.regions.join(p('list.separator')) },
          { title: t('rules.quiet'), key: 'quiet', width: 120, render: (_, one) => one.quiet_from && one.quiet_to && t('rules.quietText', { from: one.quiet_from.slice(0, 5), to: one.quiet_to.slice(0, 5) }) },
          { title: '', key: 'actions', width: 80, render: (_, one) => <Button size="small" onClick={() => void remove(one)}>{t('rules.remove')}</Button> },
        ]}
      />
      {adding && <RuleForm onClose={() => setAdding(false)} />}
      <p className={`${css.pad} ${css.faint}`}>{t('rules.teach')}</p>
    </Panel>
  )
}

const again = (rule: NoticeRule) => ({
  holder: { kind: rule.holder_kind, id: rule.holder_id }, channel_id: rule.channel_id, kinds: rule.kinds, severity: rule.severity,
  regions: rule.regions, events: rule.events, quiet_from: rule.quiet_from, quiet_to: rule.quiet_to, enabled: rule.enabled,
})
