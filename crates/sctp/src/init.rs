//! INIT and INIT ACK (RFC 9260, sections 3.3.2 and 3.3.3).

use base::{Reader, Writer};

use crate::packet::{kind, padding};

/// A receiver window below this is refused (RFC 9260, section 3.3.2).
const MIN_WINDOW: u32 = 1500;

/// Parameter types (RFC 9260, section 3.3.2; RFC 5061, section 4.2.7; RFC 3758, section 3.1).
const STATE_COOKIE: u16 = 7;
const SUPPORTED_EXTENSIONS: u16 = 0x8008;
const FORWARD_TSN_SUPPORTED: u16 = 0xc000;
/// Parameters that we know and do not need: addresses, cookie preservative, host name, supported address types.
const KNOWN: [u16; 5] = [5, 6, 9, 11, 12];

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
}

impl Init {
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
        };
        let mut cookie = None;
        while let Some((parameter, value)) = read_parameter(&mut reader) {
            match parameter {
                STATE_COOKIE => cookie = Some(value),
                FORWARD_TSN_SUPPORTED => init.forward_tsn = true,
                SUPPORTED_EXTENSIONS => {
                    init.forward_tsn |= value.contains(&kind::FORWARD_TSN);
                    init.re_config |= value.contains(&kind::RE_CONFIG);
                }
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
        let extensions: Vec<u8> = [(self.re_config, kind::RE_CONFIG), (self.forward_tsn, kind::FORWARD_TSN)]
            .into_iter()
            .filter_map(|(supported, kind)| supported.then_some(kind))
            .collect();
        // The last parameter's padding is the chunk's own (RFC 9260, section 3.2.1).
        writer.u16(SUPPORTED_EXTENSIONS).u16(4 + extensions.len() as u16).bytes(&extensions);
        value
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
    };

    #[test]
    fn what_is_written_reads_back() {
        assert_eq!(Init::read(&INIT.write(None)), Some((INIT, None)));
        assert_eq!(Init::read(&INIT.write(Some(b"cookie!"))), Some((INIT, Some(&b"cookie!"[..]))));
        let plain = Init { forward_tsn: false, re_config: false, ..INIT };
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
