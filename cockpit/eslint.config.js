import reactHooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

const catalogueOnly = 'Text for people belongs in a catalogue (text/zh.ts and text/en.ts), not in code.'

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'scripts/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      eqeqeq: ['error', 'smart'],
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/**/text/{zh,en}.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'Literal[value=/[\\u4e00-\\u9fff]/]', message: catalogueOnly },
        { selector: 'TemplateElement[value.raw=/[\\u4e00-\\u9fff]/]', message: catalogueOnly },
        { selector: 'JSXText[value=/[A-Za-z\\u4e00-\\u9fff]/]', message: catalogueOnly },
      ],
    },
  },
  { files: ['eslint.config.js'], ...tseslint.configs.disableTypeChecked },
)
