import { useQueryClient } from '@tanstack/react-query'
import { App, Button, Input, Modal, Table } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import { usePeople, useRoles } from '@/api/queries'
import type { Person } from '@/api/types'
import { useCan, useMe } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useBilingual, useText } from '@/text/language'
import { AddPerson } from './AddPerson'
import { Secret } from './Secret'
import { SessionsTable } from './SessionsTable'
import css from './SystemPage.module.css'
import { systemText } from './text'

export function PeopleSection() {
  const t = useText(systemText)
  const p = useText(partsText)
  const pick = useBilingual()
  const can = useCan()
  const [q, setQ] = useState('')
  const [trail, setTrail] = useState<string[]>([])
  const [adding, setAdding] = useState(false)
  const people = usePeople({ q, after: trail.at(-1), limit: 100 })
  const roles = new Map((useRoles().data?.items ?? []).map((role) => [role.code, pick(role)]))
  const { problem, reset, activate, removeFactor } = useChanges()
  const [shown, setShown] = useState<Person | null>(null)
  const next = people.data?.next ?? null

  return (
    <Panel flush>
      <div className={css.bar}>
        <Input.Search allowClear placeholder={t('people.search')} aria-label={t('people.search')} style={{ width: 280 }} onSearch={(value) => { setQ(value.trim()); setTrail([]) }} />
        {can('people.write') && <Button type="primary" onClick={() => setAdding(true)}>{t('people.add')}</Button>}
      </div>
      <ProblemNote error={problem ?? people.error} />
      <Table<Person>
        size="small"
        rowKey="id"
        dataSource={people.data?.items ?? []}
        loading={people.isPending && !people.error}
        pagination={false}
        scroll={{ x: 900 }}
        columns={[
          { title: t('people.display'), key: 'display', width: 140, render: (_, one) => one.display_name },
          { title: t('people.name'), dataIndex: 'name', width: 130 },
          { title: t('people.unit'), dataIndex: 'organisation', ellipsis: true },
          { title: t('people.roles'), key: 'roles', width: 160, render: (_, one) => one.roles.map((role) => roles.get(role) ?? role).join(p('list.separator')) },
          { title: t('people.regions'), key: 'regions', width: 120, ellipsis: true, render: (_, one) => one.regions.join(p('list.separator')) },
          { title: t('people.state'), key: 'state', width: 120, render: (_, one) => (!one.active ? t('people.inactive') : one.must_change_password ? t('people.firstLogin') : t('people.active')) },
          ...(can('people.write')
            ? [{ title: '', key: 'actions', width: 360, render: (_: unknown, one: Person) => <Actions person={one} onReset={reset} onActivate={activate} onSessions={setShown} onFactor={removeFactor} /> }]
            : []),
        ]}
      />
      {(trail.length > 0 || next !== null) && (
        <p className={css.bar}>
          <Button size="small" disabled={trail.length === 0} onClick={() => setTrail(trail.slice(0, -1))}>{p('table.back')}</Button>
          <Button size="small" disabled={next === null} onClick={() => next !== null && setTrail([...trail, next])}>{p('table.more')}</Button>
        </p>
      )}
      {shown && (
        <Modal open width={860} title={t('people.sessionsOf', { name: shown.display_name || shown.name })} footer={null} onCancel={() => setShown(null)}>
          <SessionsTable person={shown.id} />
        </Modal>
      )}
      {adding && <AddPerson roles={roles} onClose={() => setAdding(false)} />}
    </Panel>
  )
}

interface ActionsProps {
  person: Person
  onReset: (person: Person) => void
  onActivate: (person: Person, active: boolean) => void
  onSessions: (person: Person) => void
  onFactor: (person: Person) => void
}

function Actions({ person, onReset, onActivate, onSessions, onFactor }: ActionsProps) {
  const t = useText(systemText)
  const me = useMe()
  if (person.id === me.id) return null
  return (
    <span className={css.actions}>
      <Button size="small" onClick={() => onSessions(person)}>{t('people.sessions')}</Button>
      {person.active && <Button size="small" onClick={() => onFactor(person)}>{t('people.factor')}</Button>}
      {person.active && <Button size="small" onClick={() => onReset(person)}>{t('people.reset')}</Button>}
      <Button size="small" onClick={() => onActivate(person, !person.active)}>{person.active ? t('people.deactivate') : t('people.activate')}</Button>
    </span>
  )
}

/** Changes to people; each says first what it ends. */
function useChanges() {
  const t = useText(systemText)
  const p = useText(partsText)
  const { modal } = App.useApp()
  const queries = useQueryClient()
  const [problem, setProblem] = useState<unknown>(null)

  const run = async (work: () => Promise<void>) => {
    setProblem(null)
    try {
      await work()
      await queries.invalidateQueries({ queryKey: ['people'] })
    } catch (error) {
      setProblem(error)
    }
  }
  const setActive = (person: Person, active: boolean) =>
    run(async () => {
      const { etag } = await call<Person>('GET', `/people/${person.id}`)
      await call('PATCH', `/people/${person.id}`, { body: { active }, ifMatch: etag ?? undefined })
    })
  const activate = (person: Person, active: boolean) => {
    if (active) void setActive(person, true)
    else {
      void modal.confirm({
        title: t('people.deactivateAsk', { name: person.display_name || person.name }),
        okText: t('people.deactivate'),
        cancelText: p('common.cancel'),
        onOk: () => setActive(person, false),
      })
    }
  }
  const reset = (person: Person) => {
    void modal.confirm({
      title: t('people.resetAsk', { name: person.display_name || person.name }),
      okText: t('people.reset'),
      cancelText: p('common.cancel'),
      onOk: () =>
        run(async () => {
          const { data } = await call<{ password: string }>('POST', `/people/${person.id}/password`)
          void modal.info({ title: person.display_name || person.name, content: <Secret label={t('people.password')} value={data.password} />, okText: p('common.close') })
        }),
    })
  }
  const removeFactor = (person: Person) => {
    void modal.confirm({
      title: t('people.factorAsk', { name: person.display_name || person.name }),
      okText: t('people.factor'),
      cancelText: p('common.cancel'),
      onOk: () => run(async () => { await call('DELETE', `/people/${person.id}/factor`) }),
    })
  }
  return { problem, reset, activate, removeFactor }
}
