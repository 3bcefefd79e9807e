import { useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'
import { useCallback, useState, type RefObject } from 'react'
import { call } from '@/api/client'
import { Problem } from '@/api/problem'
import { usePurposes } from '@/api/queries'
import { askView } from '@/api/views'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import type { ChosenPurpose } from './purpose'
import { fileName, keepPicture, save } from './snapshot'
import { liveText } from './text'
import type { Zoom } from './zoom'

/** The camera whose picture may be kept, and why it is looked at. */
export interface Keepable {
  cameraId: string
  cameraName: string
  viewer: string
  purpose: ChosenPurpose
}

/** Keeps the picture as it is shown: asked for and registered first, the mark in its pixels. */
export function useSnapshot(keepable: Keepable | undefined, source: () => HTMLVideoElement | HTMLCanvasElement | null, zoom: RefObject<Zoom>) {
  const t = useText(liveText)
  const f = useFormat()
  const pick = useBilingual()
  const { message } = App.useApp()
  const queries = useQueryClient()
  const known = usePurposes().data?.items.find((one) => one.code === keepable?.purpose.code)
  const [busy, setBusy] = useState(false)

  const take = useCallback(async () => {
    const shown = source()
    if (!keepable || !shown) return
    const { cameraId, cameraName, viewer, purpose } = keepable
    setBusy(true)
    try {
      const now = new Date()
      // What is kept is what stood there when the button was pressed; the file is made when the register has its line.
      const still = await freeze(shown)
      const data = await askView({ camera_id: cameraId, purpose_code: purpose.code, purpose_text: purpose.text, action: 'snapshot' })
      call('DELETE', `/views/${data.permit_id}`).catch(() => undefined)
      void queries.invalidateQueries({ queryKey: ['retrievals'] })
      const words = [known ? pick(known) : purpose.code, purpose.text].filter(Boolean).join(' ')
      const mark = { viewer, camera: cameraName, moment: f.dateTime(now.getTime()), purpose: words, record: data.retrieval_id }
      save(await keepPicture(still, zoom.current, mark), fileName(cameraName, now))
      void message.success(t('snapshot.done', { id: data.retrieval_id }))
    } catch (error) {
      void message.error(error instanceof Problem ? (error.document.detail ?? error.document.title ?? error.message) : t('snapshot.failed'))
    } finally {
      setBusy(false)
    }
  }, [keepable, source, zoom, known, pick, f, t, message, queries])
  return { take, busy }
}

/** The picture of this moment, on a canvas of its own. */
async function freeze(source: HTMLVideoElement | HTMLCanvasElement): Promise<HTMLCanvasElement> {
  const bitmap = await createImageBitmap(source)
  const canvas = document.createElement('canvas')
  canvas.width = bitmap.width
  canvas.height = bitmap.height
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0)
  bitmap.close()
  return canvas
}
