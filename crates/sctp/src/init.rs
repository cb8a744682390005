//! INIT and INIT ACK (RFC 9260, sections 3.3.2 and 3.3.3).

use base::{Reader, Rng, Writer};

use crate::packet::{CHUNK_HEADER, kind, padding};

/// A receiver window below this is refused (RFC 9260, section 3.3.2).
const MIN_WINDOW: u32 = 1500;

/// Parameter types (RFC 9260, section 3.3.2; RFC 5061, section 4.2.7; RFC 3758, section 3.1; RFC 9653, section 4).
const STATE_COOKIE: u16 = 7;
const ZERO_CHECKSUM_ACCEPTABLE: u16 = 0x8001;
const SUPPORTED_EXTENSIONS: u16 = 0x8008;
const FORWARD_TSN_SUPPORTED: u16 = 0xc000;
/// Parameters that we know and do not need: addresses, cookie preservative, host name, supported address types.
const KNOWN: [u16; 5] = [5, 6, 9, 11, 12];

/// What stands in for the checksum: SCTP over DTLS (RFC 9653, section 6).
const OVER_DTLS: u32 = 1;

/// What one end says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Init {
    /// Its verification tag.
    pub(crate) tag: u32,
    /// Its receiver window.
    pub(crate) window: u32,
    /// How many streams it wants to send on.
    pub(crate) outbound: u16,
    /// How many it accepts.
    pub(crate) inbound: u16,
    /// The first TSN that it will send.
    pub(crate) tsn: u32,
    /// Whether it knows FORWARD TSN (RFC 3758).
    pub(crate) forward_tsn: bool,
    /// Whether it knows RE-CONFIG (RFC 6525).
    pub(crate) re_config: bool,
    /// Whether it knows I-DATA (RFC 8260, section 2.2.1).
    pub(crate) i_data: bool,
    /// Whether it knows I-FORWARD-TSN.
    pub(crate) i_forward_tsn: bool,
    /// Whether it takes packets without a checksum, as DTLS has one (RFC 9653).
    pub(crate) zero_checksum: bool,
}

/// What one end would say in its INIT, to be exchanged by signalling instead: with both known, an association stands
/// without a handshake ([draft-hancke-tsvwg-snap](https://datatracker.ietf.org/doc/draft-hancke-tsvwg-snap/)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitChunk(pub(crate) Init);

impl InitChunk {
    /// Our own, for an association whose receive window may grow to so many bytes, with so many streams.
    pub fn generate(receive_window: u32, max_streams: u16, rng: &mut Rng) -> Self {
        InitChunk(Init::generate(receive_window, max_streams, rng))
    }

    /// The chunk as it would be sent, without padding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let value = self.0.write(None);
        let mut chunk = Vec::with_capacity(CHUNK_HEADER + value.len());
        let length = (CHUNK_HEADER + value.len()) as u16;
        Writer::new(&mut chunk).u8(kind::INIT).u8(0).u16(length).bytes(&value);
        chunk
    }

    /// Reads a chunk, padded or not. `None` if it is none, or if RFC 9260 would have it refused.
    pub fn from_bytes(chunk: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(chunk);
        let (kind, _flags, length) = (reader.u8()?, reader.u8()?, usize::from(reader.u16()?));
        let is_whole = chunk.len() == length || chunk.len() == length + padding(length);
        let value = reader.bytes(length.checked_sub(CHUNK_HEADER)?)?;
        if kind != kind::INIT || !is_whole {
            return None;
        }
        Init::read(value).map(|(init, _)| InitChunk(init))
    }

    /// Whether this could be the other end's, given ours. Ends with the same tag could not tell whose an ABORT is; and a
    /// peer that sends our own line back has only repeated what it does not know.
    pub fn is_others(&self, ours: &InitChunk) -> bool {
        self.0.tag != ours.0.tag
    }
}

impl Init {
    /// Our own, with a random tag and first TSN.
    pub(crate) fn generate(window: u32, streams: u16, rng: &mut Rng) -> Self {
        Init {
            tag: nonzero(rng),
            window: crate::rx::initial_window(window),
            outbound: streams,
            inbound: streams,
            tsn: nonzero(rng),
            forward_tsn: true,
            re_config: true,
            i_data: true,
            i_forward_tsn: true,
            zero_checksum: true,
        }
    }

    /// The same without what RFC 8260 adds.
    pub(crate) fn without_interleaving(self) -> Self {
        Init { i_data: false, i_forward_tsn: false, ..self }
    }

    /// Whether messages between these ends are interleaved: if both know how, they are (RFC 8260, section 2.2.1).
    pub(crate) fn interleaves_with(&self, other: &Init) -> bool {
        self.i_data && other.i_data
    }

    /// Whether this end can be told to move on past messages that were given up.
    pub(crate) fn can_be_forwarded(&self, is_interleaved: bool) -> bool {
        if is_interleaved { self.i_forward_tsn } else { self.forward_tsn }
    }

    /// Reads an INIT or INIT ACK chunk's value, with the cookie if there is one.
    ///
    /// `None` where the RFC says to abort or ignore it (RFC 9260, section 3.3.2: no tag of 0, no 0 streams, no
    /// window below 1500). A first TSN of 0 is legal and refused nevertheless: what stands behind this face
    /// cannot express it. One peer in four thousand million has to connect twice.
    pub(crate) fn read(value: &[u8]) -> Option<(Init, Option<&[u8]>)> {
        let mut reader = Reader::new(value);
        let mut init = Init {
            tag: reader.u32()?,
            window: reader.u32()?,
            outbound: reader.u16()?,
            inbound: reader.u16()?,
            tsn: reader.u32()?,
            forward_tsn: false,
            re_config: false,
            i_data: false,
            i_forward_tsn: false,
            zero_checksum: false,
        };
        let mut cookie = None;
        while let Some((parameter, value)) = read_parameter(&mut reader) {
            match parameter {
                STATE_COOKIE => cookie = Some(value),
                FORWARD_TSN_SUPPORTED => init.forward_tsn = true,
                SUPPORTED_EXTENSIONS => {
                    init.forward_tsn |= value.contains(&kind::FORWARD_TSN);
                    init.re_config |= value.contains(&kind::RE_CONFIG);
                    init.i_data |= value.contains(&kind::I_DATA);
                    init.i_forward_tsn |= value.contains(&kind::I_FORWARD_TSN);
                }
                ZERO_CHECKSUM_ACCEPTABLE => init.zero_checksum |= value == OVER_DTLS.to_be_bytes(),
                known if KNOWN.contains(&known) => {}
                // RFC 9260, section 3.2.1: the highest bit says whether to go on after an unknown parameter.
                unknown if unknown & 0x8000 == 0 => break,
                _ => {}
            }
        }
        let acceptable = init.tag != 0
            && init.tsn != 0
            && init.outbound != 0
            && init.inbound != 0
            && init.window >= MIN_WINDOW;
        acceptable.then_some((init, cookie))
    }

    /// Writes the value of an INIT chunk, or, with a cookie, of an INIT ACK chunk.
    pub(crate) fn write(&self, cookie: Option<&[u8]>) -> Vec<u8> {
        let mut value = Vec::with_capacity(96);
        let mut writer = Writer::new(&mut value);
        writer.u32(self.tag).u32(self.window).u16(self.outbound).u16(self.inbound).u32(self.tsn);
        if let Some(cookie) = cookie {
            let length = 4 + cookie.len();
            writer.u16(STATE_COOKIE).u16(length as u16).bytes(cookie).bytes(&[0; 3][..padding(length)]);
        }
        if self.forward_tsn {
            writer.u16(FORWARD_TSN_SUPPORTED).u16(4);
        }
        if self.zero_checksum {
            writer.u16(ZERO_CHECKSUM_ACCEPTABLE).u16(8).u32(OVER_DTLS);
        }
        let extensions: Vec<u8> = [
            (self.re_config, kind::RE_CONFIG),
            (self.forward_tsn, kind::FORWARD_TSN),
            (self.i_data, kind::I_DATA),
            (self.i_forward_tsn, kind::I_FORWARD_TSN),
        ]
        .into_iter()
        .filter_map(|(supported, kind)| supported.then_some(kind))
        .collect();
        // The last parameter's padding is the chunk's own (RFC 9260, section 3.2.1).
        writer.u16(SUPPORTED_EXTENSIONS).u16(4 + extensions.len() as u16).bytes(&extensions);
        value
    }
}

/// RFC 9260, section 5.3.1: a tag is random and not 0.
fn nonzero(rng: &mut Rng) -> u32 {
    loop {
        match rng.u32() {
            0 => {}
            value => return value,
        }
    }
}

fn read_parameter<'a>(reader: &mut Reader<'a>) -> Option<(u16, &'a [u8])> {
    let (parameter, length) = (reader.u16()?, usize::from(reader.u16()?));
    let value = reader.bytes(length.checked_sub(4)?)?;
    if reader.bytes(padding(length)).is_none() {
        reader.rest();
    }
    Some((parameter, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INIT: Init = Init {
        tag: 1,
        window: 100_000,
        outbound: 10,
        inbound: 20,
        tsn: 7,
        forward_tsn: true,
        re_config: true,
        i_data: true,
        i_forward_tsn: true,
        zero_checksum: true,
    };

    #[test]
    fn what_is_written_reads_back() {
        assert_eq!(Init::read(&INIT.write(None)), Some((INIT, None)));
        assert_eq!(Init::read(&INIT.write(Some(b"cookie!"))), Some((INIT, Some(&b"cookie!"[..]))));
        let plain = Init {
            forward_tsn: false,
            re_config: false,
            zero_checksum: false,
            ..INIT.without_interleaving()
        };
        assert_eq!(Init::read(&plain.write(None)), Some((plain, None)));
    }

    #[test]
    fn forbidden_values_are_refused() {
        for init in [
            Init { tag: 0, ..INIT },
            Init { outbound: 0, ..INIT },
            Init { inbound: 0, ..INIT },
            Init { window: 1499, ..INIT },
        ] {
            assert_eq!(Init::read(&init.write(None)), None, "{init:?}");
        }
    }

    #[test]
    fn an_unknown_parameter_is_skipped_or_ends_the_list_by_its_highest_bit() {
        let with_unknown = |parameter: u16| {
            let value = INIT.write(None);
            let (fixed, parameters) = value.split_at(16);
            let mut value = fixed.to_vec();
            Writer::new(&mut value).u16(parameter).u16(6).bytes(&[1, 2, 0, 0]).bytes(parameters);
            Init::read(&value).unwrap().0
        };
        assert!(with_unknown(0x8123).re_config);
        assert!(!with_unknown(0x0123).re_config);
    }

    /// The example of draft-hancke-tsvwg-snap.
    #[test]
    fn a_chunk_is_read_as_it_is_signalled() {
        let mut chunk = vec![1, 0, 0, 0x1e, 0x89, 0x6c, 0xdd, 0x1d, 0, 0x50, 0, 0, 0xff, 0xff, 0xff, 0xff];
        chunk.extend([0xe0, 0x79, 0x65, 0x1d, 0xc0, 0, 0, 4, 0x80, 8, 0, 6, 0x82, 0xc0]);
        let init = InitChunk::from_bytes(&chunk).unwrap();
        assert_eq!((init.0.tag, init.0.window, init.0.tsn), (0x896c_dd1d, 0x0050_0000, 0xe079_651d));
        assert_eq!((init.0.outbound, init.0.inbound), (65_535, 65_535));
        assert!(init.0.forward_tsn && init.0.re_config && !init.0.i_data && !init.0.i_forward_tsn);
        assert_eq!(init.to_bytes(), chunk);
        let mut padded = chunk.clone();
        padded.extend([0, 0]);
        assert_eq!(InitChunk::from_bytes(&padded), Some(init));
        padded.push(0);
        assert_eq!(InitChunk::from_bytes(&padded), None);
        for length in 0..chunk.len() {
            assert_eq!(InitChunk::from_bytes(&chunk[..length]), None, "{length}");
        }
        chunk[0] = 2;
        assert_eq!(InitChunk::from_bytes(&chunk), None, "an INIT ACK");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Some((init, cookie)) = Init::read(&bytes) {
                let written = init.write(cookie);
                prop_assert_eq!(Init::read(&written), Some((init, cookie)));
            }
        }
    }
}
