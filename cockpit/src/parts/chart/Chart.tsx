import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { init, use as register, type ECharts, type EChartsCoreOption } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'

register([BarChart, LineChart, GridComponent, MarkLineComponent, TooltipComponent, CanvasRenderer])

/** One chart, redrawn when its option changes and when its box changes size; its words are in `label` for screen readers. */
export default function Chart({ option, label, height = '100%' }: { option: EChartsCoreOption; label: string; height?: string | number }) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<ECharts | null>(null)
  useEffect(() => {
    if (!box.current) return undefined
    const made = init(box.current, null, { renderer: 'canvas' })
    chart.current = made
    const watch = new ResizeObserver(() => made.resize())
    watch.observe(box.current)
    return () => {
      watch.disconnect()
      chart.current = null
      made.dispose()
    }
  }, [])
  useEffect(() => chart.current?.setOption({ animation: false, ...option }, { notMerge: true }), [option])
  return <div ref={box} role="img" aria-label={label} style={{ width: '100%', height }} />
}
