import { App, Button } from 'antd'
import { stepDeployment, type DeploymentAction, type DeploymentItem } from '@/api/deployments'
import { useAct, type Act } from '@/parts/useAct'
import { useText } from '@/text/language'
import { deploymentsText } from './text'

/** What takes a step back while that is possible. */
const BACK: Partial<Record<DeploymentAction, DeploymentAction>> = { end: 'go_on', cancel: 'resume', start: 'end', go_on: 'end', resume: 'cancel' }
const SHOWN_SECONDS = 30

/** Takes steps of deployments: what ends one asks first, and every step can be taken back from its notice. */
export function useStep(): Act & { take: (one: Pick<DeploymentItem, 'id' | 'name' | 'cameras'>, action: DeploymentAction) => void } {
  const t = useText(deploymentsText)
  const act = useAct()
  const { notification, modal } = App.useApp()
  const go = (id: string, name: string, action: DeploymentAction) =>
    act.run(async () => {
      const made = await stepDeployment(id, action)
      const back = BACK[action]
      notification.open({
        key: id, duration: SHOWN_SECONDS, title: t(`done.${action}`, { name }),
        ...(back && made.actions.includes(back)
          ? { actions: <Button size="small" type="primary" onClick={() => { notification.destroy(id); void go(id, name, back) }}>{t('undo')}</Button> }
          : {}),
      })
    }, ['deployments'])
  const take: ReturnType<typeof useStep>['take'] = ({ id, name, cameras }, action) => {
    if (action !== 'end') {
      void go(id, name, action)
      return
    }
    modal.confirm({ title: t('action.end'), content: t('end.sure', { n: (cameras.on ?? 0) + (cameras.waiting ?? 0) }), okText: t('action.end'), onOk: () => go(id, name, action) })
  }
  return { ...act, take }
}
