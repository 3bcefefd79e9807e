import { useQueryClient } from '@tanstack/react-query'
import { App, Button, Form, Input, InputNumber, Modal, Select, Table } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import { useRoles, useTokens } from '@/api/queries'
import type { Token } from '@/api/types'
import { useMe } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { partsText } from '@/parts/text'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import { Secret } from './Secret'
import css from './SystemPage.module.css'
import { systemText } from './text'

const DAYS_MOST = 366
const DAY_MS = 86_400_000
/** Rights a token can never carry: what leaks must not be able to spread. */
const NEVER = new Set(['me.write', 'me.password', 'me.factor', 'tokens.own', 'people.write'])

/** Names of all permissions the roles know, in the person's language. */
function usePermissionNames(): Map<string, string> {
  const pick = useBilingual()
  return new Map((useRoles().data?.items ?? []).flatMap((role) => role.permissions.map((one): [string, string] => [one.code, pick(one)])))
}

export function TokensSection() {
  const t = useText(systemText)
  const p = useText(partsText)
  const f = useFormat()
  const { modal } = App.useApp()
  const queries = useQueryClient()
  const tokens = useTokens()
  const names = usePermissionNames()
  const [adding, setAdding] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)

  const revoke = (token: Token) =>
    void modal.confirm({
      title: t('tokens.revokeAsk', { name: token.name }),
      okText: t('tokens.revoke'),
      okButtonProps: { danger: true },
      cancelText: p('common.cancel'),
      onOk: async () => {
        try {
          await call('DELETE', `/tokens/${token.id}`)
          await queries.invalidateQueries({ queryKey: ['tokens'] })
        } catch (error) {
          setProblem(error)
        }
      },
    })
  return (
    <Panel flush>
      <div className={css.bar}><Button type="primary" onClick={() => setAdding(true)}>{t('tokens.add')}</Button></div>
      <ProblemNote error={problem ?? tokens.error} />
      <Table<Token>
        size="small"
        rowKey="id"
        dataSource={tokens.data?.items ?? []}
        loading={tokens.isPending && !tokens.error}
        pagination={false}
        scroll={{ x: 860 }}
        locale={{ emptyText: <Teach title={t('tokens.none')}>{t('tokens.teach')}</Teach> }}
        columns={[
          { title: t('tokens.name'), dataIndex: 'name' },
          { title: t('tokens.hint'), key: 'hint', width: 80, render: (_, token) => `…${token.hint}` },
          { title: t('tokens.permissions'), key: 'permissions', ellipsis: true, render: (_, token) => token.permissions.map((code) => names.get(code) ?? code).join(p('list.separator')) },
          { title: t('tokens.expires'), key: 'expires', width: 170, render: (_, token) => f.dateTime(token.expires_at) },
          { title: t('tokens.used'), key: 'used', width: 120, render: (_, token) => (token.used_at ? f.ago(token.used_at) : t('tokens.never')) },
          { title: '', key: 'revoke', width: 90, render: (_, token) => <Button size="small" danger onClick={() => revoke(token)}>{t('tokens.revoke')}</Button> },
        ]}
      />
      {adding && <AddToken names={names} onClose={() => setAdding(false)} />}
    </Panel>
  )
}

interface Fields {
  name: string
  permissions: string[]
  days: number
}

function AddToken({ names, onClose }: { names: ReadonlyMap<string, string>; onClose: () => void }) {
  const t = useText(systemText)
  const p = useText(partsText)
  const me = useMe()
  const queries = useQueryClient()
  const [form] = Form.useForm<Fields>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const [token, setToken] = useState<string | null>(null)
  const needed = [{ required: true, message: t('people.needed') }]

  const save = async ({ name, permissions, days }: Fields) => {
    setBusy(true)
    setProblem(null)
    try {
      const { data } = await call<{ token: string }>('POST', '/tokens', {
        body: { name, permissions, expires_at: new Date(Date.now() + days * DAY_MS).toISOString() },
      })
      setToken(data.token)
      void queries.invalidateQueries({ queryKey: ['tokens'] })
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  if (token !== null) {
    return (
      <Modal open title={t('tokens.add')} cancelButtonProps={{ style: { display: 'none' } }} okText={p('common.close')} onOk={onClose} onCancel={onClose}>
        <Secret label={t('tokens.made')} value={token} />
      </Modal>
    )
  }
  return (
    <Modal open title={t('tokens.add')} okText={t('tokens.add')} cancelText={p('common.cancel')} confirmLoading={busy} onOk={() => form.submit()} onCancel={onClose} mask={{ closable: false }}>
      <ProblemNote error={problem} />
      <Form<Fields> form={form} layout="vertical" requiredMark={false} initialValues={{ days: 90 }} onFinish={(fields) => void save(fields)}>
        <Form.Item name="name" label={t('tokens.name')} rules={needed}><Input autoFocus maxLength={80} /></Form.Item>
        <Form.Item name="permissions" label={t('tokens.permissions')} rules={needed}>
          <Select mode="multiple" options={me.permissions.filter((code) => !NEVER.has(code)).map((value) => ({ value, label: names.get(value) ?? value }))} />
        </Form.Item>
        <Form.Item name="days" label={t('tokens.days')} rules={needed}><InputNumber min={1} max={DAYS_MOST} /></Form.Item>
      </Form>
    </Modal>
  )
}
