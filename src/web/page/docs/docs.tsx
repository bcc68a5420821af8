// The documentation within the page: a list that can be filtered, and the page that was chosen.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { DocsContents, DocsText } from '../../../core/documentation.ts'
import { useApp } from '../app-store.ts'
import { Article } from './article.tsx'
import { readContents, readText } from './load.ts'
import { docsAddress, matching, readPlace } from './place.ts'

export function Docs() {
  const { state } = useApp()
  const { words, language, path } = state
  const { topic, anchor } = readPlace(path)
  const [contents, setContents] = useState<DocsContents>()
  const [text, setText] = useState<DocsText>()
  const [isUnread, setUnread] = useState(false)
  const [filter, setFilter] = useState('')
  const main = useRef<HTMLDivElement>(null)
  const isFirst = useRef(true)
  useEffect(() => {
    let isStale = false
    setUnread(false)
    const failed = (): void => {
      if (!isStale) setUnread(true)
    }
    readContents(language).then((all) => isStale || setContents(all), failed)
    if (topic === '') setText(undefined)
    else readText(language, topic).then((read) => isStale || setText(read), failed)
    return () => {
      isStale = true
    }
  }, [language, topic])
  const isThere = topic === '' || text?.topic === topic
  useEffect(() => {
    if (!isThere) return
    const wanted = anchor === '' ? null : document.getElementById(headingId(anchor))
    const target = wanted ?? main.current?.querySelector<HTMLElement>('h2, h3')
    const isBegin = isFirst.current
    isFirst.current = false
    // Who comes to the list stays where they are; who opens a page, or goes to a heading, reads on from there.
    if (target === null || target === undefined || (isBegin && topic === '')) return
    if (wanted === null) window.scrollTo(0, 0)
    else wanted.scrollIntoView({ block: 'start' })
    target.focus({ preventScroll: true })
  }, [isThere, topic, anchor, text?.lang])
  const matches = contents === undefined ? [] : matching(contents, filter)
  return (
    <div class={topic === '' ? 'docs' : 'docs reading'}>
      <nav class="docs-list" aria-label={words.docs.pages}>
        <input
          type="search"
          class="filter"
          aria-label={words.docs.filter}
          placeholder={words.docs.filter}
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        <output class="unseen" aria-live="polite">
          {filter.trim() === '' ? '' : words.docs.found(matches.length)}
        </output>
        {contents !== undefined && matches.length === 0 && <p class="quiet">{words.docs.none}</p>}
        <ul>
          {matches.map(({ page, headings }) => (
            <li key={page.topic} lang={page.lang === language ? undefined : page.lang}>
              <a href={docsAddress(page.topic)} aria-current={page.topic === topic ? 'page' : undefined}>
                {page.title}
              </a>
              {headings.length > 0 && (
                <ul>
                  {headings.map(({ id, text: heading }) => (
                    <li key={id}>
                      <a href={docsAddress(page.topic, id)}>{heading}</a>
                    </li>
                  ))}
                </ul>
              )}
            </li>
          ))}
        </ul>
        <a class="plain-pages quiet" href="/docs">
          {words.docs.plain}
        </a>
      </nav>
      <div class="docs-main" ref={main}>
        {isUnread && (
          <p class="notice needs-you" role="alert">
            {words.docs.unread} <a href={docsAddress('')}>{words.docs.all}</a>
          </p>
        )}
        {topic === '' ? (
          <List contents={contents} />
        ) : text?.topic === topic ? (
          <>
            <a class="docs-back" href={docsAddress('')}>
              ← {words.docs.all}
            </a>
            {text.lang !== language && <p class="quiet">{words.docs.english}</p>}
            <Article text={text} />
          </>
        ) : (
          !isUnread && <p class="quiet">{words.docs.reading}</p>
        )}
      </div>
    </div>
  )
}

/** Ids of the page itself stay its own. */
export const headingId = (anchor: string): string => `doc-${anchor}`

function List({ contents }: { contents: DocsContents | undefined }) {
  const { words, language } = useApp().state
  return (
    <>
      <h2 tabIndex={-1}>{words.views.docs}</h2>
      <dl class="docs-abouts">
        {contents?.pages.map(({ topic, title, about, lang }) => (
          <div key={topic} lang={lang === language ? undefined : lang}>
            <dt>
              <a href={docsAddress(topic)}>{title}</a>
            </dt>
            <dd class="quiet">{about}</dd>
          </div>
        ))}
      </dl>
    </>
  )
}
