/** Bodies of one page together, at most: a thousand objects may be three gigabytes. One at least is given, however large. */
export const pageBytes = 8 * 1024 * 1024
