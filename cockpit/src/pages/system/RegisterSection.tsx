import { RegisterPanel } from '@/parts/register/RegisterPanel'

export function RegisterSection() {
  return <RegisterPanel />
}
