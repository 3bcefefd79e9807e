import { Form, Input, InputNumber, Select, Switch } from 'antd'
import { useText } from '@/text/language'
import css from './gather.module.css'
import { QUIRKS } from './quirks'
import { gatherText } from './text'

/** Every known bend of a device as a field; left as they are, they say what an ordinary device does. */
export function QuirkFields() {
  const t = useText(gatherText)
  return (
    <div className={css.quirks}>
      {QUIRKS.map(({ name, label, plain, choices, range }) => (
        <Form.Item key={name} name={['quirks', name]} label={t(label)} valuePropName={typeof plain === 'boolean' ? 'checked' : 'value'}>
          {typeof plain === 'boolean' ? (
            <Switch size="small" />
          ) : choices ? (
            <Select size="small" popupMatchSelectWidth={false} options={choices.map((value) => ({ value, label: value || t('quirk.byDevice') }))} />
          ) : typeof plain === 'number' ? (
            <InputNumber size="small" min={range?.[0] ?? 0} max={range?.[1] ?? 100_000} precision={0} />
          ) : (
            <Input size="small" placeholder={t('quirk.redirectHint')} spellCheck={false} maxLength={200} />
          )}
        </Form.Item>
      ))}
    </div>
  )
}
