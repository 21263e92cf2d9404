// Reading a file in order, with constant memory. A source is { name, size, read(offset, length) }.
export const MIB = 1 << 20;

/** The bytes from `start` on, in pieces of one MiB, or of `pieceSize`; a few are read ahead. */
export async function* read(source, start = 0, pieceSize = MIB) {
  const at = (index) => start + index * pieceSize;
  const count = Math.max(0, Math.ceil((source.size - start) / pieceSize));
  yield* ahead(count, 3, (index) => source.read(at(index), Math.min(pieceSize, source.size - at(index))));
}

/** The results of `begin(0…count - 1)` in order, while up to `depth` of them are under way. */
export async function* ahead(count, depth, begin) {
  const running = [];
  const start = (index) => {
    const one = begin(index);
    // Whoever fails later than another one that ended the loop must not be an unhandled rejection.
    one.catch?.(() => {});
    running.push(one);
  };
  for (let next = 0; next < Math.min(depth, count); next++) start(next);
  for (let index = 0; index < count; index++) {
    const value = await running.shift();
    if (index + depth < count) start(index + depth);
    yield value;
  }
}
