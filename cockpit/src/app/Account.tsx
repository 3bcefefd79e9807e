import { UserOutlined } from '@ant-design/icons'
import { Button, Modal, Popover, Segmented } from 'antd'
import { useState } from 'react'
import { LANGUAGES } from '@/text/core'
import { useText } from '@/text/language'
import { roleName } from '@/parts/names'
import { partsText } from '@/parts/text'
import css from './Account.module.css'
import shell from './Shell.module.css'
import { useAuth, useMe } from './auth'
import { PasswordForm } from './PasswordForm'
import { appText } from './text'

/** The person at the foot of the rail: who they are, their language, their password, the way out. */
export function Account({ onKeys }: { onKeys: () => void }) {
  const t = useText(appText)
  const p = useText(partsText)
  const me = useMe()
  const { logout, chooseLanguage } = useAuth()
  const [open, setOpen] = useState(false)
  const [changing, setChanging] = useState(false)

  const panel = (
    <div className={css.panel}>
      <p className={css.name}>{me.display_name}</p>
      <p className={css.unit}>{me.organisation}</p>
      <dl className={css.facts}>
        <dt>{t('account.roles')}</dt>
        <dd>{me.roles.map((role) => roleName(p, role)).join(p('list.separator'))}</dd>
        <dt>{t('account.regions')}</dt>
        <dd>{me.regions.map((region) => region.name).join(p('list.separator'))}</dd>
        <dt>{t('account.language')}</dt>
        <dd>
          <Segmented
            size="small"
            value={me.language}
            options={LANGUAGES.map((language) => ({ value: language, label: p(`language.${language}`) }))}
            onChange={chooseLanguage}
          />
        </dd>
      </dl>
      <div className={css.actions}>
        <Button size="small" onClick={() => { setOpen(false); onKeys() }}>{t('account.keys')}</Button>
        <Button size="small" onClick={() => { setOpen(false); setChanging(true) }}>{t('account.password')}</Button>
        <Button size="small" onClick={() => void logout()}>{t('account.logout')}</Button>
      </div>
    </div>
  )

  return (
    <>
      <Popover content={panel} trigger="click" placement="rightBottom" open={open} onOpenChange={setOpen}>
        <button type="button" className={shell.place} aria-label={t('account.open', { name: me.display_name })} aria-expanded={open}>
          <UserOutlined aria-hidden />
          <span className={css.short}>{me.display_name}</span>
        </button>
      </Popover>
      {changing && (
        <Modal open title={t('password.title')} footer={null} width={440} mask={{ closable: false }} onCancel={() => setChanging(false)}>
          <PasswordForm leave={p('common.cancel')} onLeave={() => setChanging(false)} onDone={() => setChanging(false)} />
        </Modal>
      )}
    </>
  )
}
