import { Button, Form, Input, InputNumber, Modal, Popconfirm, Segmented, Select, Space, Table } from 'antd'
import { useState } from 'react'
import { usePlatforms } from '@/api/queries'
import { dropLimit, setLimit, useSweepLimits, type LimitIn, type SweepLimit } from '@/api/sweeps'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { sweepsText } from './text'

type Draft = Partial<SweepLimit> & { kind: 'platform' | 'prefix' }

/** Limits as they hold, the settings' first; those of a platform or a network can be set here. */
export function Limits() {
  const t = useText(sweepsText)
  const f = useFormat()
  const may = useCan()('health.write')
  const act = useAct()
  const limits = useSweepLimits()
  const [draft, setDraft] = useState<Draft | null>(null)
  const none = (value: number, words: string) => (value === 0 ? t('limits.none') : words)
  const whom = (one: SweepLimit) => (one.id === null ? t(`limits.${one.kind}`) : (one.platform_name ?? one.prefix))
  return (
    <>
      <ProblemNote error={limits.error ?? act.problem} />
      <Table<SweepLimit>
        size="small"
        rowKey={(one) => one.id ?? one.kind}
        loading={limits.isPending && !limits.error}
        dataSource={limits.data?.items ?? []}
        pagination={false}
        scroll={{ x: 620 }}
        columns={[
          { title: t('limits.for'), key: 'for', render: (_, one) => whom(one) },
          { title: t('limits.concurrency'), key: 'concurrency', width: 90, align: 'right', render: (_, one) => none(one.concurrency, f.number(one.concurrency)) },
          { title: t('limits.rate'), key: 'rate', width: 90, align: 'right', render: (_, one) => none(one.rate, f.number(one.rate, one.rate < 10 ? 1 : 0)) },
          { title: t('limits.kbps'), key: 'kbps', width: 110, align: 'right', render: (_, one) => none(one.kbps, `${f.number(one.kbps / 1000, 1)} Mbit/s`) },
          { title: t('limits.words'), dataIndex: 'note' },
          {
            title: may && <Button size="small" onClick={() => setDraft({ kind: 'platform' })}>{t('limits.add')}</Button>,
            key: 'acts',
            width: 170,
            align: 'right',
            render: (_, one) =>
              may && one.id !== null && one.kind !== 'all' && (
                <Space>
                  <Button size="small" type="link" onClick={() => setDraft({ ...one, kind: one.kind === 'prefix' ? 'prefix' : 'platform' })}>{t('limits.edit')}</Button>
                  <Popconfirm title={t('limits.removeAsk')} okText={t('limits.remove')} cancelText={t('limits.cancel')} onConfirm={() => void act.run(() => dropLimit(one.id ?? ''), ['sweep-limits'])}>
                    <Button size="small" type="link" danger>{t('limits.remove')}</Button>
                  </Popconfirm>
                </Space>
              ),
          },
        ]}
      />
      {draft && <LimitForm draft={draft} onClose={() => setDraft(null)} />}
    </>
  )
}

function LimitForm({ draft, onClose }: { draft: Draft; onClose: () => void }) {
  const t = useText(sweepsText)
  const act = useAct()
  const [form] = Form.useForm<LimitIn>()
  const [kind, setKind] = useState(draft.kind)
  const platforms = usePlatforms()
  const save = async (said: LimitIn) => {
    const body = { ...said, ...(kind === 'platform' ? { prefix: undefined } : { platform: undefined }) }
    if (await act.run(() => setLimit(body), ['sweep-limits'])) onClose()
  }
  const options = (platforms.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))
  return (
    <Modal open title={t('limits.add')} okText={t('limits.save')} cancelText={t('limits.cancel')} confirmLoading={act.busy} onOk={() => form.submit()} onCancel={onClose}>
      <Form<LimitIn>
        form={form}
        layout="vertical"
        initialValues={{ platform: draft.platform ?? undefined, prefix: draft.prefix ?? undefined, concurrency: draft.concurrency ?? 8, rate: draft.rate ?? 0, kbps: draft.kbps ?? 0, note: draft.note ?? '' }}
        onFinish={(said) => void save(said)}
      >
        <Form.Item label={t('limits.kind')}>
          <Segmented<'platform' | 'prefix'> disabled={draft.id != null} value={kind} onChange={setKind} options={[{ value: 'platform', label: t('limits.kindPlatform') }, { value: 'prefix', label: t('limits.kindPrefix') }]} />
        </Form.Item>
        {kind === 'platform'
          ? <Form.Item name="platform" label={t('limits.kindPlatform')} rules={[{ required: true }]}><Select disabled={draft.id != null} options={options} showSearch={{ optionFilterProp: 'label' }} /></Form.Item>
          : <Form.Item name="prefix" label={t('limits.prefixField')} rules={[{ required: true }]}><Input disabled={draft.id != null} /></Form.Item>}
        <Form.Item name="concurrency" label={t('limits.concurrency')}><InputNumber min={0} max={5000} precision={0} /></Form.Item>
        <Form.Item name="rate" label={t('limits.rate')}><InputNumber min={0} max={10000} /></Form.Item>
        <Form.Item name="kbps" label={t('limits.kbpsField')}><InputNumber min={0} max={100000000} precision={0} /></Form.Item>
        <Form.Item name="note" label={t('limits.words')}><Input maxLength={200} /></Form.Item>
      </Form>
      <ProblemNote error={act.problem} />
    </Modal>
  )
}
