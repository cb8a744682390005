//! The codec dictionary match algorithm
//! ([webrtc-pc, section 5.4](https://www.w3.org/TR/webrtc/#dfn-codec-dictionary-match)).

use std::collections::BTreeMap;

use super::Codec;

/// Whether offerer and answerer may have different values of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Symmetry {
    Symmetrical,
    Asymmetrical,
    /// Of H.264's `profile-level-id`, the profile is symmetrical and the level is not (RFC 6184, section 8.2.2).
    H264Level,
}

use Symmetry::{Asymmetrical, H264Level, Symmetrical};

/// A format parameter: its name, what it is where it is left out, and its symmetry.
type Parameter = (&'static str, &'static str, Symmetry);

/// RFC 7587, section 6.1: each says what its side prefers to receive.
const OPUS: &[Parameter] = &[
    ("maxplaybackrate", "48000", Asymmetrical),
    ("sprop-maxcapturerate", "48000", Asymmetrical),
    ("maxptime", "120", Asymmetrical),
    ("ptime", "20", Asymmetrical),
    ("minptime", "3", Asymmetrical),
    ("maxaveragebitrate", "", Asymmetrical),
    ("stereo", "0", Asymmetrical),
    ("sprop-stereo", "0", Asymmetrical),
    ("cbr", "0", Asymmetrical),
    ("useinbandfec", "0", Asymmetrical),
    ("usedtx", "0", Asymmetrical),
];

/// RFC 6184, section 8.1.
const H264: &[Parameter] = &[
    ("profile-level-id", "42000a", H264Level),
    ("packetization-mode", "0", Symmetrical),
    ("level-asymmetry-allowed", "0", Asymmetrical),
];

/// RFC 7798, section 7.2.2: what identifies a media format configuration is used symmetrically, except `level-id`.
const H265: &[Parameter] = &[
    ("profile-space", "0", Symmetrical),
    ("profile-id", "1", Symmetrical),
    ("tier-flag", "0", Symmetrical),
    ("level-id", "93", Asymmetrical),
    ("tx-mode", "srst", Symmetrical),
];

/// RFC 9628, section 6.1.
const VP9: &[Parameter] =
    &[("profile-id", "0", Symmetrical), ("max-fr", "", Asymmetrical), ("max-fs", "", Asymmetrical)];

/// RFC 7741, section 6.1.
const VP8: &[Parameter] = &[("max-fr", "", Asymmetrical), ("max-fs", "", Asymmetrical)];

/// webrtc-pc, the note at step 5.3.
const AV1: &[Parameter] =
    &[("profile", "0", Asymmetrical), ("level-idx", "5", Asymmetrical), ("tier", "0", Asymmetrical)];

/// The parameters of a codec; those of others are all symmetrical and have no default.
fn parameters(codec: &Codec) -> &'static [Parameter] {
    let tables: [(&str, &'static [Parameter]); 6] =
        [("opus", OPUS), ("H264", H264), ("H265", H265), ("VP8", VP8), ("VP9", VP9), ("AV1", AV1)];
    tables.iter().find(|(name, _)| codec.is_named(name)).map_or(&[], |(_, table)| table)
}

/// The parameters of a line in key-value format.
fn key_values(line: &str) -> Option<BTreeMap<String, String>> {
    line.split(';')
        .map(|pair| {
            let (key, value) = pair.split_once('=')?;
            Some((key.trim().to_ascii_lowercase(), value.trim().to_ascii_lowercase()))
        })
        .collect()
}

/// The media format: what the line says, and what follows where it says nothing.
fn media_format(codec: &Codec, mut values: BTreeMap<String, String>) -> BTreeMap<String, String> {
    for (name, default, _) in parameters(codec).iter().filter(|(_, default, _)| !default.is_empty()) {
        values.entry((*name).to_owned()).or_insert_with(|| (*default).to_owned());
    }
    values
}

/// The part of a value that offerer and answerer must have alike.
fn symmetrical_part<'a>(codec: &Codec, name: &str, value: &'a str) -> Option<&'a str> {
    let row = parameters(codec).iter().find(|(known, _, _)| *known == name);
    match row.map_or(Symmetrical, |(_, _, symmetry)| *symmetry) {
        Symmetrical => Some(value),
        Asymmetrical => None,
        H264Level => Some(value.get(..4).unwrap_or(value)),
    }
}

impl Codec {
    /// The codec dictionary match algorithm.
    pub(crate) fn matches(&self, other: &Codec, ignore_asymmetrical_parameters: bool) -> bool {
        // Steps 1 to 3.
        if !self.mime_type.eq_ignore_ascii_case(&other.mime_type)
            || self.clock_rate != other.clock_rate
            || self.channels != other.channels
        {
            return false;
        }
        let (first, second) = match (&self.sdp_fmtp_line, &other.sdp_fmtp_line) {
            (Some(first), Some(second)) => (first, second),
            // Step 4.
            (first, second) => return first.is_none() && second.is_none(),
        };
        // Step 5.1.
        let (Some(first_values), Some(second_values)) = (key_values(first), key_values(second)) else {
            return first == second;
        };
        // Step 5.2.
        let first = media_format(self, first_values);
        let second = media_format(other, second_values);
        // Step 5.4, which includes step 5.3.
        if !ignore_asymmetrical_parameters {
            return first == second;
        }
        // Step 5.3.
        let of = |codec: &Codec, format: &BTreeMap<String, String>| -> BTreeMap<String, String> {
            let parts = format.iter().filter_map(|(name, value)| {
                Some((name.clone(), symmetrical_part(codec, name, value)?.to_owned()))
            });
            parts.collect()
        };
        of(self, &first) == of(other, &second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec(mime_type: &str, line: Option<&str>) -> Codec {
        let channels = mime_type.starts_with("audio").then_some(2);
        let clock_rate = 90_000;
        Codec {
            mime_type: mime_type.to_owned(),
            clock_rate,
            channels,
            sdp_fmtp_line: line.map(str::to_owned),
        }
    }

    fn both(mime_type: &str, first: Option<&str>, second: Option<&str>) -> (bool, bool) {
        let (first, second) = (codec(mime_type, first), codec(mime_type, second));
        let exact = first.matches(&second, false);
        let loose = first.matches(&second, true);
        assert_eq!((exact, loose), (second.matches(&first, false), second.matches(&first, true)));
        (exact, loose)
    }

    #[test]
    fn names_clock_rates_and_channels_are_compared_first() {
        let vp8 = codec("video/VP8", None);
        assert!(vp8.matches(&codec("VIDEO/vp8", None), false));
        assert!(!vp8.matches(&codec("video/VP9", None), true));
        assert!(!vp8.matches(&Codec { clock_rate: 1, ..vp8.clone() }, true));
        assert!(!vp8.matches(&Codec { channels: Some(1), ..vp8.clone() }, true));
    }

    #[test]
    fn a_line_on_one_side_only_is_no_match() {
        assert_eq!(both("video/VP9", None, Some("profile-id=0")), (false, false));
        assert_eq!(both("video/VP9", None, None), (true, true));
    }

    #[test]
    fn what_is_left_out_is_inferred_and_order_is_nothing() {
        assert_eq!(both("video/VP9", Some("max-fr=30"), Some("max-fr=30; profile-id=0")), (true, true));
        assert_eq!(
            both("audio/opus", Some("useinbandfec=1;minptime=10"), Some("minptime=10; USEINBANDFEC=1;cbr=0")),
            (true, true)
        );
    }

    #[test]
    fn asymmetrical_parameters_count_unless_they_are_ignored() {
        assert_eq!(both("audio/opus", Some("stereo=1"), Some("minptime=10")), (false, true));
        assert_eq!(both("video/AV1", Some("profile=1"), Some("profile=0;tier=1")), (false, true));
        assert_eq!(both("video/VP9", Some("profile-id=2"), Some("profile-id=0")), (false, false));
        let h265 = |first: &str, second: &str| both("video/H265", Some(first), Some(second));
        assert_eq!(h265("profile-id=1;tier-flag=0;tx-mode=SRST", "level-id=93"), (true, true));
        assert_eq!(h265("level-id=30;profile-id=1", "level-id=93;profile-id=1"), (false, true));
        assert_eq!(h265("level-id=93;profile-id=2", "level-id=93;profile-id=1"), (false, false));
        let line = |id: &str, mode: u8| format!("packetization-mode={mode};profile-level-id={id}");
        let h264 = |first: &str, second: &str| both("video/H264", Some(first), Some(second));
        assert_eq!(h264(&line("42E01F", 1), &line("42e01f", 1)), (true, true));
        assert_eq!(h264(&line("42e01f", 1), &line("42e034", 1)), (false, true));
        assert_eq!(h264(&line("42e01f", 1), &line("4d001f", 1)), (false, false));
        assert_eq!(h264(&line("42e01f", 1), &line("42e01f", 0)), (false, false));
    }

    #[test]
    fn other_formats_are_compared_as_they_are() {
        assert_eq!(both("audio/telephone-event", Some("0-15"), Some("0-15")), (true, true));
        assert_eq!(both("audio/telephone-event", Some("0-15"), Some("0-16")), (false, false));
        assert_eq!(both("audio/red", Some("111/111"), Some("a=1")), (false, false));
        assert_eq!(both("audio/foo", Some("a=1;b=2"), Some("b=2;a=1")), (true, true));
        assert_eq!(both("audio/foo", Some("a=1;b=2"), Some("b=2;a=1;c=3")), (false, false));
        assert_eq!(
            both("video/H264", Some("profile-level-id=ü"), Some("profile-level-id=é")),
            (false, false)
        );
    }
}
