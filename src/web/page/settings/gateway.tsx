// Where the gateway listens, how it is protected, and a new token for it.
import { useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import { Command } from '../view/command.tsx'
import { useDesk } from './desk.ts'
import { Shell } from './field.tsx'
import { ChangeButton } from './inputs.tsx'
import { Limits } from './limits.tsx'
import { Question } from './question.tsx'
import { word } from './shell.ts'

export function Gateway() {
  const { words } = useApp().state
  const { report, act } = useDesk()
  const { gateway: texts } = words.settings
  const { url, beyondLoopback, bind, mode, secret } = report.gateway
  const [isAsking, setAsking] = useState(false)
  const [isNew, setNew] = useState(false)
  const isOurs = secret.source === 'file'
  return (
    <section aria-labelledby="settings-gateway">
      <h2 id="settings-gateway">{texts.title}</h2>
      <div class="setting">
        <h3>{texts.listens}</h3>
        <p>
          <code translate={false}>{url}</code>{' '}
          <span class="quiet">
            {beyondLoopback ? `${texts.beyond} (${bind})` : texts.here} {texts.bindHow}
          </span>
        </p>
        <Shell text={`openclaw config set gateway.bind ${beyondLoopback ? 'loopback' : 'lan'}`}>
          {words.settings.restart}
        </Shell>
      </div>
      <div class="setting">
        <h3>{texts.protection}</h3>
        <p>
          {texts.modes[mode]} ·{' '}
          <span class="quiet" translate={false}>
            {isOurs ? texts.in(secret.where) : texts.elsewhere(secret.where)}
          </span>
        </p>
        {isOurs && (
          <>
            <div class="buttons">
              <ChangeButton act={() => setAsking(true)}>{texts.rotate}</ChangeButton>
            </div>
            <Shell text="openclaw gateway token rotate" />
            {isNew && (
              <div class="notice" role="status">
                <p>
                  {texts.done} {texts.read}
                </p>
                <Command text={`cat ${word(secret.where)}`} />
              </div>
            )}
          </>
        )}
      </div>
      <Limits group="gateway" />
      {isAsking && (
        <Question
          title={texts.ask}
          yes={texts.rotate}
          go={async () => {
            const wrong = await act('settings.rotate', {}, texts.done)
            if (wrong === undefined) setNew(true)
            return wrong
          }}
          close={() => setAsking(false)}
        >
          <p>{texts.askText}</p>
        </Question>
      )}
    </section>
  )
}
