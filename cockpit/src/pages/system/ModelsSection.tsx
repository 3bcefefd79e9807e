import { useModels } from '@/api/queries'
import type { Model } from '@/api/types'
import { HealthMark } from '@/parts/HealthMark'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { partsText } from '@/parts/text'
import { className } from '@/parts/names'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './SystemPage.module.css'
import { systemText } from './text'

const LABELS_SHOWN = 12

export function ModelsSection() {
  const t = useText(systemText)
  const models = useModels()
  return (
    <>
      <ProblemNote error={models.error} onRetry={() => void models.refetch()} />
      {models.data?.items.length === 0 && <Panel><Teach title={t('models.none')}>{t('models.teach')}</Teach></Panel>}
      {(models.data?.items ?? []).map((model) => <Card key={model.name} model={model} />)}
    </>
  )
}

function Card({ model }: { model: Model }) {
  const t = useText(systemText)
  const p = useText(partsText)
  const f = useFormat()
  const pick = useBilingual()
  const labels = model.labels ?? []
  const list = labels.slice(0, LABELS_SHOWN).map((label) => className(p, label)).join(p('list.separator'))
  const source = model.source && [model.source.package, model.source.version, model.source.bytes && f.bytes(model.source.bytes)].filter(Boolean).join(' · ')
  const licence = [model.licence, model.licence_note && pick(model.licence_note)].filter(Boolean).join(' — ')
  const rows: [string, string | undefined][] = [
    [t('models.licence'), licence],
    [t('models.source'), source],
    [t('models.training'), model.training_data && pick(model.training_data)],
    [t('models.limits'), model.limits && pick(model.limits)],
  ]
  return (
    <Panel
      title={model.title ? pick(model.title) : model.name}
      note={[model.name, model.version].filter(Boolean).join(' · ')}
      actions={<span><HealthMark health={model.installed ? 'works' : 'unknown'} /> {model.installed ? t('models.installed') : t('models.missing')}</span>}
    >
      <div className={css.model}>
        {!model.installed && <p>{t('models.install', { command: `commonsight models install ${model.name}` })}</p>}
        {labels.length > 0 && <p>{t('models.labels', { n: f.number(labels.length), list: labels.length > LABELS_SHOWN ? `${list}…` : list })}</p>}
        <dl>
          {rows.filter(([, value]) => value).map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Panel>
  )
}
