// The events of one turn, shown in a chat: that somebody types, commands and their replies, the answer while it grows, and how it ended.
import { AuthError } from '../../core/errors.ts'
import type { ChatEvent } from '../../core/protocol.ts'
import type { System } from '../../system/system.ts'
import type { Api } from './bot-api.ts'
import type { Outbox } from './outbox.ts'
import { type Shown, showIn, type Target } from './shown.ts'

export type Answering = {
  hear(event: ChatEvent): void
  /** Nothing was begun. */
  failed(error: unknown): void
  /** Nothing was begun, and nothing is to be said of it. */
  drop(): void
  /** Everything is shown, or cannot be. */
  done: Promise<void>
}

export type AnswerParts = {
  system: System
  api: Api
  outbox: Outbox
  target: Target
  /** Named by the owner: hears what went wrong in full, with the command that helps. */
  isKnown: boolean
}

/** The vendor shows it for five seconds. */
const TYPING_MS = 4000
/** What is answered at once needs no sign of life. */
const FIRST_TYPING_MS = 150

/** Begins with 'typing'. */
export function answerIn({ system, api, outbox, target, isKnown }: AnswerParts): Answering {
  const { log } = system
  const refused = (description: string): void =>
    log.info('a chat took no more of an answer', { channel: 'telegram', chat: target.chatId, why: description })
  const shownAnew = (form: 'markdown' | 'plain'): Shown => showIn(api, outbox, target, refused, form)
  let shown: Shown | undefined
  let text = ''
  let isOver = false
  let resolve: (work: Promise<void> | undefined) => void = () => undefined
  const done = new Promise<void>((settle) => {
    resolve = settle
  })
  const typing = createTyping(system, api, target)
  const end = (work: Promise<void> | undefined): void => {
    if (isOver) return
    isOver = true
    typing.stop()
    resolve(work)
  }
  const say = (words: string): Promise<void> => shownAnew('plain').end(words)
  const finish = async (last: string, more: string | undefined, form: 'markdown' | 'plain'): Promise<void> => {
    // What is said below an answer belongs to it, and costs a chat no message more.
    const all = [last, more ?? ''].filter((text) => text.trim() !== '').join('\n\n')
    if (all !== '') await (shown ?? shownAnew(form)).end(all)
  }
  return {
    done,
    drop: () => end(undefined),
    failed: (error) => {
      if (!(error instanceof AuthError)) {
        log.error('a message to a bot could not be answered', {
          channel: 'telegram',
          why: error instanceof Error ? error.message : 'unknown',
        })
      }
      end(say(troubleText(error instanceof AuthError ? error : undefined, isKnown, log.scrub)))
    },
    hear: (event) => {
      switch (event.state) {
        case 'command':
          // In line before the answer.
          say(log.scrub(event.text)).catch(() => refused('unforeseen'))
          return
        case 'delta':
          text += event.text
          if (shown === undefined && text.trim() === '') return
          typing.stop()
          shown ??= shownAnew('markdown')
          shown.grow(() => log.scrub(text))
          return
        case 'final': {
          const whole = event.message.content.map((part) => part.text).join('')
          end(
            finish(
              log.scrub(whole.trim() === '' ? '(no text)' : whole),
              event.notice,
              event.command === undefined ? 'markdown' : 'plain',
            ),
          )
          return
        }
        case 'aborted': {
          const said = event.message?.content.map((part) => part.text).join('') ?? text
          end(finish(log.scrub(said), undefined, 'markdown'))
          return
        }
        case 'error':
          end(finish(log.scrub(text), troubleText(event.error, isKnown, log.scrub), 'markdown'))
      }
    },
  }
}

type Trouble = { code: string; message: string; remedy?: string | undefined }

/** What is said of accounts and files is for those whom the owner knows. */
function troubleText(error: Trouble | undefined, isKnown: boolean, scrub: (text: string) => string): string {
  // What was wrong with the message itself is told to whoever sent it.
  if (error !== undefined && error.code === 'usage' && !isKnown) return scrub(error.message)
  if (error === undefined || !isKnown) return 'This could not be answered now.'
  return scrub(error.remedy === undefined ? error.message : `${error.message}\nRun: ${error.remedy}`)
}

function createTyping(system: System, api: Api, { chatId, topicId }: Target): { stop(): void } {
  let isOver = false
  let timer = system.timer(FIRST_TYPING_MS, show)
  function show(): void {
    if (isOver) return
    api
      .sendChatAction(chatId, 'typing', topicId === undefined ? {} : { message_thread_id: topicId })
      .catch((error: unknown) => {
        // It is only a sign of life; what keeps the answer from being said is told by the answer.
        system.log.debug('a chat was not told that somebody types', { why: error instanceof Error ? error.name : '' })
        isOver = true
      })
    timer = system.timer(TYPING_MS, show)
  }
  return {
    stop: () => {
      isOver = true
      timer.cancel()
    },
  }
}
