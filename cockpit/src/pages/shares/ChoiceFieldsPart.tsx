import { useQueryClient } from '@tanstack/react-query'
import { Form, Input, Select, Switch, TreeSelect } from 'antd'
import { useState } from 'react'
import { get } from '@/api/client'
import { useCameras, useGroups, useRegions } from '@/api/queries'
import type { GroupNode } from '@/api/types'
import { camerasText, vocabulary } from '@/pages/cameras/text'
import { KINDS, PLACES, SECTORS } from '@/pages/cameras/vocabulary'
import { useText } from '@/text/language'
import { readPolygon } from './choice'
import { sharesText } from './text'

/** The parts of a choice of cameras. With everything chosen only tags narrow it. */
export function ChoiceFieldsPart({ everything }: { everything: boolean }) {
  const t = useText(sharesText)
  const c = useText(camerasText)
  const tags = (['kind', 'sector', 'place'] as const).map((group) => ({
    label: t(`tag.${group}`),
    options: (group === 'kind' ? KINDS : group === 'sector' ? SECTORS : PLACES).map((code) => ({ value: `${group}:${code}`, label: vocabulary(c, group, code) })),
  }))
  return (
    <>
      <Form.Item name="everything" label={t('share.everything')} valuePropName="checked"><Switch /></Form.Item>
      {!everything && (
        <>
          <Form.Item name="regions" label={t('share.regions')}><Regions /></Form.Item>
          <Form.Item name="groups" label={t('share.groups')}><Groups /></Form.Item>
          <Form.Item name="cameras" label={t('share.cameras')}><Cameras /></Form.Item>
          <Form.Item
            name="polygon"
            label={t('share.polygon')}
            rules={[{ validator: (_, said: string | undefined) => (!said?.trim() || readPolygon(said) ? Promise.resolve() : Promise.reject(new Error(t('share.polygonBad')))) }]}
          >
            <Input.TextArea rows={2} spellCheck={false} />
          </Form.Item>
        </>
      )}
      <Form.Item name="tags" label={t('share.tags')}><Select mode="multiple" allowClear options={tags} showSearch={{ optionFilterProp: 'label' }} /></Form.Item>
    </>
  )
}

interface Many {
  value?: string[]
  onChange?: (value: string[]) => void
  id?: string
}

function Regions({ value = [], onChange, id }: Many) {
  const [typed, setTyped] = useState('')
  const found = useRegions({ q: typed, limit: 20 }, typed.trim() !== '')
  const cities = useRegions({ parent: '45' })
  const items = typed.trim() ? (found.data?.items ?? []) : (cities.data?.items ?? [])
  const options = items.map((region) => ({ value: region.code, label: `${region.name}  ${region.code}` }))
  for (const code of value) if (!options.some((option) => option.value === code)) options.push({ value: code, label: code })
  return (
    <Select
      {...(id ? { id } : {})}
      mode="multiple"
      allowClear
      showSearch={{ filterOption: false, onSearch: setTyped }}
      value={value}
      options={options}
      onChange={(next: string[]) => onChange?.(next)}
    />
  )
}

function Cameras({ value = [], onChange, id }: Many) {
  const t = useText(sharesText)
  const [typed, setTyped] = useState('')
  const found = useCameras({ q: typed, limit: 20 }, typed.trim() !== '')
  const [names, setNames] = useState<Record<string, string>>({})
  const options = (typed.trim() ? (found.data?.items ?? []) : []).map((camera) => ({ value: camera.id, label: `${camera.name}  ${camera.code}` }))
  for (const one of value) if (!options.some((option) => option.value === one)) options.push({ value: one, label: names[one] ?? one })
  const choose = (next: string[]) => {
    setNames((before) => ({ ...before, ...Object.fromEntries(options.map((option) => [option.value, option.label])) }))
    onChange?.(next)
  }
  return (
    <Select
      {...(id ? { id } : {})}
      mode="multiple"
      allowClear
      placeholder={t('share.camerasHint')}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      value={value}
      options={options}
      onChange={choose}
    />
  )
}

interface Branch {
  value: string
  title: string
  id: string
  isLeaf: boolean
  selectable: boolean
  children?: Branch[]
}

function Groups({ value = [], onChange, id }: Many) {
  const queries = useQueryClient()
  const roots = useGroups()
  const [below, setBelow] = useState<Record<string, GroupNode[]>>({})
  const branches = (nodes: readonly GroupNode[]): Branch[] =>
    nodes.map((node) => {
      const children = below[node.id]
      return {
        value: node.id,
        title: node.name,
        id: node.id,
        isLeaf: node.children === 0,
        selectable: node.kind !== 'source',
        ...(children ? { children: branches(children) } : {}),
      }
    })
  const load = async (parent: string) => {
    const { items } = await queries.query({ queryKey: ['groups', parent], queryFn: () => get<{ items: GroupNode[] }>('/cameras/groups', { parent }) })
    setBelow((before) => ({ ...before, [parent]: items }))
  }
  return (
    <TreeSelect
      {...(id ? { id } : {})}
      multiple
      allowClear
      value={value}
      treeData={branches(roots.data?.items ?? [])}
      loadData={(node) => load(String(node.id))}
      onChange={(next: string[]) => onChange?.(next)}
    />
  )
}
