// ICU's data inside a Node binary, a third of it: languages, calendars, sorting, character sets. A check formats nothing by language.
//
// ╒═ table of contents, offsets from its start ═╕
//   0        u32  entries
//   4        u32  offset of a name   entry 0, in the order of names; data lie in the same order
//   8        u32  offset of its data
//   12       ...  entry 1

/** `UDataInfo`, before the table: magic bytes 0xda 0x27 behind the header's length, and the format of a table of contents. */
const MAGIC = [0xda, 0x27] as const;
const FORMAT = 'CmnD';
const FORMAT_OFFSET = 12;
const ENTRY_BYTES = 8;
/** ICU has thousands of entries; anything else that looks like a table is left alone. */
const LEAST_ENTRIES = 100;
/** Resources of languages, character sets, and rules and words for breaking lines. What is left is Unicode's, as regular expressions use it. */
const DROPPED = /\.(res|cnv|brk|dict)$/;

/**
 * Take the data of languages out of a Node binary, in place: zeros, which pack to nothing. JavaScript's `Intl` and `toLocaleString` throw
 * then.
 *
 * @returns the number of bytes overwritten; 0 if the binary has no such data.
 */
export function blankLocaleData(binary: Buffer): number {
  const table = findTable(binary);
  if (table === undefined) return 0;
  const entries = Array.from({ length: binary.readUInt32LE(table) }, (_, i) => {
    const at = table + 4 + ENTRY_BYTES * i;
    return { name: binary.readUInt32LE(at), data: binary.readUInt32LE(at + 4) };
  });
  const isDropped = ({ name }: { name: number }): boolean => DROPPED.test(textAt(binary, table + name));
  let blanked = 0;
  for (const [i, entry] of entries.entries()) {
    const next = entries[i + 1];
    // Where the last one ends isn't said, so it stays.
    if (!next || !isDropped(entry)) continue;
    binary.fill(0, table + entry.data, table + next.data);
    blanked += next.data - entry.data;
  }
  const kept = entries.filter((entry) => !isDropped(entry));
  binary.writeUInt32LE(kept.length, table);
  for (const [i, { name, data }] of kept.entries()) {
    binary.writeUInt32LE(name, table + 4 + ENTRY_BYTES * i);
    binary.writeUInt32LE(data, table + 8 + ENTRY_BYTES * i);
  }
  return blanked;
}

function findTable(binary: Buffer): number | undefined {
  for (let at = binary.indexOf(FORMAT, 0, 'latin1'); at >= 0; at = binary.indexOf(FORMAT, at + 1, 'latin1')) {
    const header = at - FORMAT_OFFSET;
    if (header < 0 || binary[header + 2] !== MAGIC[0] || binary[header + 3] !== MAGIC[1]) continue;
    const table = header + binary.readUInt16LE(header);
    if (table + 4 > binary.length) continue;
    const entries = binary.readUInt32LE(table);
    if (entries >= LEAST_ENTRIES && table + 4 + ENTRY_BYTES * entries <= binary.length) return table;
  }
  return undefined;
}

function textAt(binary: Buffer, start: number): string {
  return binary.toString('latin1', start, binary.indexOf(0, start));
}
