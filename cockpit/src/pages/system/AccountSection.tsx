import { useQueryClient } from '@tanstack/react-query'
import { Button, Input, Modal } from 'antd'
import { useState } from 'react'
import { goToProvider, newRecoveryCodes, removeFactor, useFactor, useIdentities, useProviders } from '@/api/access'
import { call } from '@/api/client'
import { Enrol } from '@/pages/login/Enrol'
import { RecoveryCodes } from '@/pages/login/RecoveryCodes'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { SessionsTable } from './SessionsTable'
import css from './SystemPage.module.css'
import { systemText } from './text'

/** One's own account: the second factor, where one is signed in, and the providers one signs in with. */
export function AccountSection() {
  const t = useText(systemText)
  return (
    <>
      <Panel title={t('factor.title')}><Factor /></Panel>
      <Panel title={t('sessions.title')}><SessionsTable /></Panel>
      <Identities />
    </>
  )
}

type Ask = 'enrol' | 'codes' | 'remove'

function Factor() {
  const t = useText(systemText)
  const p = useText(partsText)
  const f = useFormat()
  const queries = useQueryClient()
  const factor = useFactor()
  const [ask, setAsk] = useState<Ask | null>(null)
  const [code, setCode] = useState('')
  const [codes, setCodes] = useState<string[] | null>(null)
  const [problem, setProblem] = useState<unknown>(null)
  const close = () => {
    setAsk(null)
    setCode('')
    setCodes(null)
    setProblem(null)
    void queries.invalidateQueries({ queryKey: ['factor'] })
    void queries.invalidateQueries({ queryKey: ['sessions'] })
  }
  const send = async () => {
    setProblem(null)
    try {
      if (ask === 'codes') setCodes(await newRecoveryCodes(code.trim()))
      else {
        await removeFactor(code.trim())
        close()
      }
    } catch (error) {
      setProblem(error)
    }
  }
  if (!factor.data) return <ProblemNote error={factor.error} />
  const { confirmed_at: since, recovery_left: left, required } = factor.data
  return (
    <>
      <p>{since ? t('factor.since', { time: f.dateTime(since) }) : t(required ? 'factor.required' : 'factor.none')}</p>
      {since && <p data-few={left < 3 || undefined}>{t(left < 3 ? 'factor.few' : 'factor.left', { n: left })}</p>}
      <p className={css.actions}>
        {!since && <Button type="primary" onClick={() => setAsk('enrol')}>{t('factor.enrol')}</Button>}
        {since && <Button onClick={() => setAsk('codes')}>{t('factor.codes')}</Button>}
        {since && <Button danger onClick={() => setAsk('remove')}>{t('factor.remove')}</Button>}
      </p>
      {ask === 'enrol' && (
        <Modal open title={t('factor.enrol')} footer={null} width={440} mask={{ closable: false }} onCancel={close}><Enrol onDone={close} /></Modal>
      )}
      {ask !== null && ask !== 'enrol' && (
        <Modal
          open
          title={t(ask === 'codes' ? 'factor.codes' : 'factor.remove')}
          width={440}
          okText={t(ask === 'codes' ? 'factor.codes' : 'factor.remove')}
          okButtonProps={{ danger: ask === 'remove', disabled: code.trim().length < 6 }}
          cancelText={p('common.cancel')}
          footer={codes ? null : undefined}
          onOk={() => void send()}
          onCancel={close}
        >
          {codes ? (
            <RecoveryCodes codes={codes} onKept={close} />
          ) : (
            <>
              <ProblemNote error={problem} />
              <p>{t(ask === 'codes' ? 'factor.codesWhy' : 'factor.removeWhy')}</p>
              <Input aria-label={t('factor.code')} placeholder={t('factor.code')} autoComplete="one-time-code" autoFocus maxLength={40} value={code} onChange={(event) => setCode(event.target.value)} />
            </>
          )}
        </Modal>
      )}
    </>
  )
}

/** Nothing where this platform trusts no identity provider. */
function Identities() {
  const t = useText(systemText)
  const f = useFormat()
  const queries = useQueryClient()
  const providers = useProviders().data?.items ?? []
  const identities = useIdentities()
  const [problem, setProblem] = useState<unknown>(null)
  const joined = new Map((identities.data?.items ?? []).map((one) => [one.provider, one]))
  const act = async (work: () => Promise<unknown>) => {
    setProblem(null)
    try {
      await work()
      await queries.invalidateQueries({ queryKey: ['identities'] })
    } catch (error) {
      setProblem(error)
    }
  }
  if (providers.length === 0) return null
  return (
    <Panel title={t('identities.title')}>
      <ProblemNote error={problem ?? identities.error} />
      {providers.map((one) => {
        const identity = joined.get(one.name)
        const route = `/me/identities/${encodeURIComponent(one.name)}`
        return (
          <p key={one.name} className={css.actions}>
            <span>{one.title}: {identity ? t('identities.joined', { subject: identity.subject, time: f.dateTime(identity.created_at) }) : t('identities.apart')}</span>
            {identity
              ? <Button size="small" onClick={() => void act(() => call('DELETE', route))}>{t('identities.leave')}</Button>
              : <Button size="small" onClick={() => void act(() => goToProvider(route))}>{t('identities.join')}</Button>}
          </p>
        )
      })}
    </Panel>
  )
}
