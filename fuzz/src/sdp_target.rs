//! Descriptions and fragments: what is read is read again from its print.

use sdp::{Fragment, SessionDescription};

use crate::source::Source;

const SEEDS: [&str; 5] = [
    include_str!("../../crates/sdp/testdata/chromium_data_offer.sdp"),
    include_str!("../../crates/sdp/testdata/chromium_audio_video_offer.sdp"),
    include_str!("../../crates/sdp/testdata/firefox_video_answer.sdp"),
    include_str!("../../crates/sdp/testdata/chromium_2015_data_offer.sdp"),
    include_str!("../../crates/sdp/testdata/every_line.sdp"),
];

pub(crate) fn run(source: &mut Source<'_>) {
    let mut text = SEEDS[source.below(SEEDS.len())].as_bytes().to_vec();
    let other = SEEDS[source.below(SEEDS.len())].as_bytes();
    for _ in 0..1 + source.below(3) {
        source.mutate(&mut text, 0, other);
    }
    // Lines in another order, twice, or not at all.
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut lines: Vec<&str> = text.lines().collect();
    for _ in 0..source.below(6) {
        let (from, to) = (source.below(lines.len().max(1)), source.below(lines.len().max(1)));
        match source.below(3) {
            _ if lines.is_empty() => {}
            0 => lines.swap(from, to),
            1 => lines.insert(to, lines[from]),
            _ => _ = lines.remove(from),
        }
    }
    let text = lines.join("\r\n") + "\r\n";
    if let Ok(description) = SessionDescription::parse(&text) {
        let printed = description.to_string();
        assert_eq!(SessionDescription::parse(&printed), Ok(description), "{printed:?}");
    }
    if let Ok(fragment) = Fragment::parse(&text) {
        let printed = fragment.to_string();
        assert_eq!(Fragment::parse(&printed), Ok(fragment), "{printed:?}");
    }
}
