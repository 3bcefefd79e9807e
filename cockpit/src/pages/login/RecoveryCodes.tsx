import { App, Button } from 'antd'
import { useText } from '@/text/language'
import css from './LoginPage.module.css'
import { loginText } from './text'

/** Recovery codes, shown once. */
export function RecoveryCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const l = useText(loginText)
  const { message } = App.useApp()
  const copy = async () => {
    await navigator.clipboard.writeText(codes.join('\n'))
    void message.success(l('enrol.copied'))
  }
  return (
    <div>
      <h3>{l('enrol.done')}</h3>
      <p className={css.why}>{l('enrol.recovery')}</p>
      <ul className={css.codes}>
        {codes.map((code) => <li key={code}><code>{code}</code></li>)}
      </ul>
      <p className={css.row}>
        <Button onClick={() => void copy()}>{l('enrol.copy')}</Button>
        <Button type="primary" onClick={onKept}>{l('enrol.saved')}</Button>
      </p>
    </div>
  )
}
