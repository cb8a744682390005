//! Vectors with their length in front (RFC 8446, section 3.4).

use base::Reader;

/// Three bytes.
pub(crate) fn u24(reader: &mut Reader<'_>) -> Option<usize> {
    let [high, middle, low] = reader.array()?;
    Some(usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low))
}

/// A vector of up to 255 bytes.
pub(crate) fn vector8<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = usize::from(reader.u8()?);
    reader.bytes(length)
}

/// A vector of up to 65,535 bytes.
pub(crate) fn vector16<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = usize::from(reader.u16()?);
    reader.bytes(length)
}

/// A vector of up to 2^24 - 1 bytes.
pub(crate) fn vector24<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = u24(reader)?;
    reader.bytes(length)
}

/// All of a vector of 16-bit numbers that is not empty.
pub(crate) fn numbers(bytes: &[u8]) -> Option<impl Iterator<Item = u16> + Clone + '_> {
    let is_whole = !bytes.is_empty() && bytes.len().is_multiple_of(2);
    is_whole.then(|| bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])))
}

/// `read` over all of `bytes`, to the last one.
pub(crate) fn whole<'a, T>(bytes: &'a [u8], read: impl FnOnce(&mut Reader<'a>) -> Option<T>) -> Option<T> {
    let mut reader = Reader::new(bytes);
    read(&mut reader).filter(|_| reader.is_empty())
}

/// Appends what `fill` appends, with its length in one byte.
pub(crate) fn write8(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    write(out, 1, fill);
}

/// Appends what `fill` appends, with its length in two bytes.
pub(crate) fn write16(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    write(out, 2, fill);
}

/// Appends what `fill` appends, with its length in three bytes.
pub(crate) fn write24(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    write(out, 3, fill);
}

fn write(out: &mut Vec<u8>, size: usize, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.resize(start + size, 0);
    fill(out);
    let length = (out.len() - start - size).to_be_bytes();
    out[start..start + size].copy_from_slice(&length[length.len() - size..]);
}
