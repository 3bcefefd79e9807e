export default function PlanningPage() {
  return null
}
