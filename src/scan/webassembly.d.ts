// What src/scan uses of WebAssembly; @types/node leaves it to the DOM's types, which a program without a window has not.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Instance {
    constructor(module: Module)
    readonly exports: unknown
  }
  function validate(bytes: Uint8Array): boolean
}
