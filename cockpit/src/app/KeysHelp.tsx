import { Modal } from 'antd'
import { useText } from '@/text/language'
import css from './KeysHelp.module.css'
import type { Place } from './nav'
import { appText } from './text'

export function KeysHelp({ places, onClose }: { places: readonly Place[]; onClose: () => void }) {
  const t = useText(appText)
  const rows: [string[], string][] = [
    [['/'], t('keys.search')],
    [['?'], t('keys.help')],
    ...places.map((place): [string[], string] => [['g', place.letter], t(place.letterLabel)]),
    [['Esc'], t('keys.close')],
  ]
  return (
    <Modal open title={t('keys.title')} footer={null} onCancel={onClose} width={420}>
      <dl className={css.keys}>
        {rows.map(([keys, meaning]) => (
          <div key={meaning}>
            <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}
