/** What it throws; what it returns where it throws nothing. */
export function thrownBy(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}
