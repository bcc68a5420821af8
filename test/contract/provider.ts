// What every vendor, built in or plugged in, must do (src/providers/plugin-contract.ts), one test for each rule.
import { describe, expect, test } from 'vitest'
import { PROVIDER_RULES } from '../../src/providers/plugin-contract.ts'
import type { Provider } from '../../src/providers/provider.ts'

/** @param provider under test */
export function providerContract(provider: Provider): void {
  describe(`the provider ${provider.id}`, () => {
    test.each(PROVIDER_RULES)('$name', ({ broken }) => {
      expect(broken(provider)).toBeUndefined()
    })
  })
}
