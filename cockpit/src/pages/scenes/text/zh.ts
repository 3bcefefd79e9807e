export const zh = {
  'part.label': '场景',
  'part.scenes': '场景',
  'part.visitors': '景区客流',
  'part.deployments': '布控',
  'part.demands': '需求',
  'part.compute': '算力',
  'part.training': '样本与模型',
  'part.search': '特征检索',
  'title': '场景',
  'note': '一个场景看一类事。每个场景都写明它需要什么、准到什么程度、什么时候不可信。',
}
