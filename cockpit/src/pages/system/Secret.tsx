import { App, Button } from 'antd'
import { useText } from '@/text/language'
import css from './SystemPage.module.css'
import { systemText } from './text'

/** Something shown once: a one-time password or a new token. */
export function Secret({ label, value }: { label: string; value: string }) {
  const t = useText(systemText)
  const { message } = App.useApp()
  const copy = async () => {
    await navigator.clipboard.writeText(value)
    void message.success(t('copied'))
  }
  return (
    <div>
      <p>{label}</p>
      <p className={css.secret}>
        <code>{value}</code>
        <Button size="small" onClick={() => void copy()}>{t('copy')}</Button>
      </p>
    </div>
  )
}
