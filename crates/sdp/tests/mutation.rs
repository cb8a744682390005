//! Whatever the bytes, reading does not panic, and what was read is read again from its print.

use proptest::prelude::*;
use sdp::{Candidate, Fragment, SessionDescription};

const SEEDS: [&str; 5] = [
    include_str!("../testdata/chromium_data_offer.sdp"),
    include_str!("../testdata/chromium_audio_video_offer.sdp"),
    include_str!("../testdata/firefox_video_answer.sdp"),
    include_str!("../testdata/chromium_2015_data_offer.sdp"),
    include_str!("../testdata/every_line.sdp"),
];

/// What a mutation puts in place of a byte: what the grammar is made of, and what it is not.
const PIECES: [&str; 24] = [
    "",
    " ",
    "  ",
    ":",
    "/",
    "=",
    ";",
    ",",
    "-",
    "~",
    "0",
    "1",
    "9",
    "65536",
    "\n",
    "\r\n",
    "\0",
    "\t",
    "é",
    "m=",
    "a=",
    "raddr 1.2.3.4 rport 5",
    " tcptype active ",
    "::ffff:1.2.3.4",
];

/// Replaces bytes of a text; positions fall on character boundaries, because the seeds are ASCII.
fn mutated(seed: &str, edits: &[(usize, usize, usize)]) -> String {
    let mut bytes = seed.as_bytes().to_vec();
    for &(position, length, piece) in edits {
        let start = position % (bytes.len() + 1);
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, PIECES[piece].bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn edits() -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
    proptest::collection::vec((any::<usize>(), 0usize..4, 0..PIECES.len()), 0..6)
}

/// One line of the seeds after a good head, so that a mutation is not drowned by the rest being refused.
fn attribute_lines() -> Vec<&'static str> {
    SEEDS.iter().flat_map(|seed| seed.lines()).filter(|line| line.starts_with("a=")).collect()
}

fn assert_stable(text: &str) -> Result<(), TestCaseError> {
    if let Ok(description) = SessionDescription::parse(text) {
        let printed = description.to_string();
        prop_assert_eq!(SessionDescription::parse(&printed), Ok(description), "{:?}", printed);
    }
    if let Ok(fragment) = Fragment::parse(text) {
        let printed = fragment.to_string();
        prop_assert_eq!(Fragment::parse(&printed), Ok(fragment), "{:?}", printed);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_descriptions_are_read_or_refused(seed in 0..SEEDS.len(), edits in edits()) {
        assert_stable(&mutated(SEEDS[seed], &edits))?;
    }

    #[test]
    fn mutated_attributes_are_read_or_refused(line in any::<prop::sample::Index>(), edits in edits()) {
        let lines = attribute_lines();
        let line = mutated(lines[line.index(lines.len())], &edits);
        assert_stable(&format!("v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\nm=video 9 RTP/AVP 96\n{line}\n"))?;
        assert_stable(&line)?;
    }

    #[test]
    fn mutated_candidates_are_read_or_refused(line in any::<prop::sample::Index>(), edits in edits()) {
        let lines: Vec<_> = attribute_lines().into_iter().filter(|line| line.starts_with("a=candidate")).collect();
        if let Ok(candidate) = mutated(lines[line.index(lines.len())], &edits).parse::<Candidate>() {
            prop_assert_eq!(candidate.to_string().parse(), Ok(candidate));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        assert_stable(&text)?;
        assert_stable(&format!("v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\na={text}\n"))?;
    }
}
