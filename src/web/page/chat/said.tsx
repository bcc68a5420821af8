// What was said, drawn from the pieces of its Markdown.
import { useMemo } from 'preact/hooks'
import { type Block, blocksOf, type Inline } from './markdown.ts'

export function Said({ text }: { text: string }) {
  const blocks = useMemo(() => blocksOf(text), [text])
  return (
    <div class="said-text text">
      {blocks.map((block, at) => (
        <Piece key={at} block={block} />
      ))}
    </div>
  )
}

function Piece({ block }: { block: Block }) {
  switch (block.kind) {
    case 'paragraph':
      return (
        <p>
          <Inlines of={block.inlines} />
        </p>
      )
    case 'heading': {
      // The page's own titles stand above those of an answer.
      const Heading = block.level === 1 ? 'h4' : block.level === 2 ? 'h5' : 'h6'
      return (
        <Heading class="said-heading">
          <Inlines of={block.inlines} />
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
          <Inlines of={block.inlines} />
        </blockquote>
      )
    case 'rule':
      return <hr />
    case 'list': {
      const items = block.items.map((item, at) => (
        <li key={at}>
          <Inlines of={item} />
        </li>
      ))
      return block.isOrdered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>
    }
  }
}

function Inlines({ of }: { of: readonly Inline[] }) {
  return (
    <>
      {of.map((inline, at) => {
        switch (inline.kind) {
          case 'code':
            return <code key={at}>{inline.text}</code>
          case 'strong':
            return <strong key={at}>{inline.text}</strong>
          case 'em':
            return <em key={at}>{inline.text}</em>
          case 'link':
            return (
              <a key={at} href={inline.href} target="_blank" rel="noopener noreferrer">
                {inline.text}
              </a>
            )
          default:
            return inline.text
        }
      })}
    </>
  )
}
