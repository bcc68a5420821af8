// Types of the optional native lock; the package ships none.
declare module 'fs-native-extensions' {
  const native: { tryLock(fd: number): boolean; unlock(fd: number): void }
  export default native
}
