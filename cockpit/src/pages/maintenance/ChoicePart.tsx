import { Form, Select } from 'antd'
import type { Choice } from '@/api/maintenance'
import { usePlatforms } from '@/api/queries'
import { ChoiceFields } from '@/pages/grants/ChoiceFields'
import { useText } from '@/text/language'
import { maintenanceText } from './text'

export const NOTHING: Choice = { selection: {}, platforms: [], units: [] }

/** Which cameras: by region, group, area or one by one, and only of some platforms if wanted. */
export function ChoicePart({ value, onChange }: { value: Choice; onChange: (next: Choice) => void }) {
  const t = useText(maintenanceText)
  const platforms = usePlatforms().data?.items ?? []
  return (
    <>
      <ChoiceFields choice={value.selection} onChange={(selection) => onChange({ ...value, selection })} />
      {platforms.length > 0 && (
        <Form layout="vertical" component={false}>
          <Form.Item label={t('contract.platforms')}>
            <Select
              mode="multiple" allowClear aria-label={t('contract.platforms')} showSearch={{ optionFilterProp: 'label' }} value={value.platforms}
              options={platforms.map((one) => ({ value: one.id, label: one.name }))} onChange={(next: string[]) => onChange({ ...value, platforms: next })}
            />
          </Form.Item>
        </Form>
      )}
    </>
  )
}
