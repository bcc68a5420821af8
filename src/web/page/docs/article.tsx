// One page of the documentation, drawn block by block: what the build read of it, and never markup.
import { Fragment } from 'preact'
import type { DocsBlock, DocsInline, DocsText } from '../../../core/documentation.ts'
import { headingId } from './docs.tsx'
import { docsAddress } from './place.ts'

type Pieces = readonly DocsInline[]

export function Article({ text }: { text: DocsText }) {
  return (
    <article class="docs-text" lang={text.lang}>
      {text.blocks.map((block, at) => (
        <Block key={at} block={block} topic={text.topic} />
      ))}
    </article>
  )
}

function Block({ block, topic }: { block: DocsBlock; topic: string }) {
  const inline = (pieces: Pieces) => <Inlines pieces={pieces} topic={topic} />
  switch (block.type) {
    case 'heading': {
      // The page has its one first heading; a document begins below it.
      const Heading = (['h2', 'h3', 'h4', 'h5'] as const)[block.level - 1] ?? 'h5'
      return (
        <Heading id={headingId(block.id)} tabIndex={-1}>
          {inline(block.text)}
        </Heading>
      )
    }
    case 'code':
      return (
        <pre translate={false}>
          <code>{block.text}</code>
        </pre>
      )
    case 'quote':
      return (
        <blockquote>
          <p>{inline(block.text)}</p>
        </blockquote>
      )
    case 'list': {
      const List = block.ordered ? 'ol' : 'ul'
      return (
        <List>
          {block.items.map((item, at) => (
            <li key={at}>{inline(item)}</li>
          ))}
        </List>
      )
    }
    case 'table':
      return <Table block={block} topic={topic} />
    default:
      return <p>{inline(block.text)}</p>
  }
}

function Table({ block, topic }: { block: Extract<DocsBlock, { type: 'table' }>; topic: string }) {
  return (
    <div class="wide">
      <table>
        <thead>
          <tr>
            {block.head.map((cell, at) => (
              <th key={at} scope="col">
                <Inlines pieces={cell} topic={topic} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, place) => (
                <td key={place}>
                  <Inlines pieces={cell} topic={topic} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Inlines({ pieces, topic }: { pieces: Pieces; topic: string }) {
  return (
    <>
      {pieces.map((piece, at) => (
        <Fragment key={at}>{inlineOf(piece, topic)}</Fragment>
      ))}
    </>
  )
}

function inlineOf(piece: DocsInline, topic: string) {
  if (piece.type === 'text') return piece.text
  if (piece.type === 'code') return <code translate={false}>{piece.text}</code>
  const inner = <Inlines pieces={piece.inner} topic={topic} />
  if (piece.type === 'strong') return <strong>{inner}</strong>
  if (!('href' in piece)) return <a href={docsAddress(piece.topic, piece.anchor)}>{inner}</a>
  return (
    <a href={piece.href} target="_blank" rel="noreferrer noopener">
      {inner}
    </a>
  )
}
