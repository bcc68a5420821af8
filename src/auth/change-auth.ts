// Changes the section 'auth' of the config, as a part of a change that can be taken back.
import type { Recorder } from '../store/changes.ts'
import { isObject, type JsonObject } from '../store/document.ts'
import type { Home } from '../store/home.ts'

/**
 * @param recorder hears of it once it took place; undefined: nobody does
 * @throws AuthError what the config store throws; then nothing has changed
 */
export async function changeAuth(
  home: Home,
  recorder: Recorder | undefined,
  edit: (draft: JsonObject) => void,
): Promise<void> {
  const section = ({ auth }: JsonObject): JsonObject => (isObject(auth) ? structuredClone(auth) : {})
  let before: JsonObject = {}
  let after: JsonObject = {}
  await home.configStore.change((draft) => {
    before = section(draft)
    edit(draft)
    after = section(draft)
  })
  await recorder?.config(before, after)
}
