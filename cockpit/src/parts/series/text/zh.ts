export const zh = {
  title: '近期流量',
  'hours.1': '1 小时',
  'hours.6': '6 小时',
  'hours.24': '24 小时',
  label: '{name}：{from} 至 {to}，每 {minutes} 分钟',
  unknown: '无数据',
  hollow: '空心：覆盖率低于 80 %',
  tip: '{time}  {value}，覆盖率 {coverage}',
  none: '这段时间没有观测。',
  'kind.people': '行人',
  'kind.vehicles': '车辆',
}
