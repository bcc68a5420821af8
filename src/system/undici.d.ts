// The parts of undici that are bundled one by one: importing the whole package costs five times as much at start.
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici'
  export default Pool
}
