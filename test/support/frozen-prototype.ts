// S11: the prototype of every object is frozen in every test, so that whatever pollutes it fails there and then. Packages set
// members of their own objects that the prototype has as well (`toString`), which a plain freeze would forbid: a setter gives
// them an own member, and refuses only the prototype itself.
for (const [name, { value, writable, enumerable }] of Object.entries(
  Object.getOwnPropertyDescriptors(Object.prototype),
)) {
  if (writable !== true) continue
  Object.defineProperty(Object.prototype, name, {
    get: () => value as unknown,
    set(this: unknown, own: unknown) {
      if (this === Object.prototype) throw new TypeError(`Object.prototype.${name} is frozen`)
      Object.defineProperty(this, name, { value: own, writable: true, enumerable: true, configurable: true })
    },
    enumerable: enumerable === true,
    configurable: false,
  })
}
Object.freeze(Object.prototype)
