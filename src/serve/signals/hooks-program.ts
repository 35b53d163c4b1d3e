/**
 * What runs in the thread of a hooks module, as text: a file of its own would be one more that the bundled program has to
 * find. It tells the main thread which signals the module listens to, then passes each on to its listener and says how
 * that ended. Contents come over a thread's border as plain bytes and are Buffers again here.
 */
export const hooksProgram = `
const { parentPort, workerData } = require('node:worker_threads')
const listeners = []
const textOf = (error) => String((error && error.message) || error).slice(0, 500)
const send = (message) => parentPort.postMessage(message)

const whole = (payload) => {
  const block = payload && payload.block
  if (block && block.content instanceof Uint8Array)
    block.content = Buffer.from(block.content.buffer, block.content.byteOffset, block.content.byteLength)
  return payload
}

const start = async () => {
  const loaded = await import(workerData.url)
  const register = loaded[workerData.exportName]
  if (typeof register !== 'function') throw new TypeError('it has no function "' + workerData.exportName + '"')
  await register((signal, listener) => {
    if (!workerData.signals.includes(signal)) throw new TypeError('there is no signal "' + signal + '"')
    if (typeof listener !== 'function') throw new TypeError('the listener of ' + signal + ' is no function')
    listeners.push(listener)
    send({ kind: 'listens', signal, listener: listeners.length - 1 })
  }, workerData.parameters)
  send({ kind: 'ready' })
}

parentPort.on('message', (message) => {
  if (message.kind === 'ping') return send({ kind: 'pong' })
  const answer = (outcome) => send({ kind: 'told', id: message.id, ...outcome })
  new Promise((resolve) => resolve(listeners[message.listener](whole(message.payload)))).then(
    () => answer({}),
    (error) => answer({ error: textOf(error) }),
  )
})

start().catch((error) => send({ kind: 'failed', error: textOf(error) }))
`
