//! Decisions out of bytes: the same bytes, the same decisions. When the bytes end, so does what is decided by them.

/// The bytes of an input that are left.
pub(crate) struct Source<'a>(pub(crate) &'a [u8]);

impl<'a> Source<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn u8(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.u8(), self.u8()])
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let value = if end <= 256 { usize::from(self.u8()) } else { usize::from(self.u16()) };
        value % end
    }

    pub(crate) fn chance(&mut self, of_256: u8) -> bool {
        self.u8() < of_256
    }

    pub(crate) fn bytes(&mut self, most: usize) -> &'a [u8] {
        let length = self.below(most + 1).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }

    /// Numbers at which something ends.
    fn edge(&mut self) -> u16 {
        const EDGES: [u16; 12] = [0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff];
        match self.below(EDGES.len() + 4) {
            at if at < EDGES.len() => EDGES[at],
            _ => self.u16(),
        }
    }

    /// Changes a datagram behind its first `fixed` bytes.
    pub(crate) fn mutate(&mut self, bytes: &mut Vec<u8>, fixed: usize, other: &[u8]) {
        for _ in 0..1 + self.below(4) {
            let length = bytes.len().saturating_sub(fixed);
            let at = fixed + self.below(length.max(1));
            match self.below(8) {
                0 => bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1),
                1 => {
                    let value = self.edge() as u8;
                    bytes.get_mut(at).into_iter().for_each(|byte| *byte = value);
                }
                2 | 3 => {
                    let value = self.edge().to_be_bytes();
                    let at = fixed + (at - fixed) / 2 * 2;
                    if let Some(field) = bytes.get_mut(at..at + 2) {
                        field.copy_from_slice(&value);
                    }
                }
                4 => bytes.truncate(at.max(fixed)),
                5 => {
                    let inserted = self.bytes(40);
                    let at = at.min(bytes.len());
                    bytes.splice(at..at, inserted.iter().copied());
                }
                6 => {
                    let tail = bytes.get(at..).unwrap_or_default().to_vec();
                    bytes.extend(tail);
                }
                _ => {
                    let from = self.below(other.len().max(1));
                    bytes.extend_from_slice(other.get(from..).unwrap_or_default());
                }
            }
            bytes.truncate(4096);
        }
    }
}
