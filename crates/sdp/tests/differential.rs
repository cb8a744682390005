//! Another reader of RFC 8866, which knows no attribute by name, finds the same in what both accept.

use sdp::SessionDescription;

const DESCRIPTIONS: [&str; 10] = [
    include_str!("../testdata/chromium_data_offer.sdp"),
    include_str!("../testdata/chromium_audio_video_offer.sdp"),
    include_str!("../testdata/chromium_2015_data_offer.sdp"),
    include_str!("../testdata/firefox_data_offer.sdp"),
    include_str!("../testdata/firefox_video_answer.sdp"),
    include_str!("../testdata/safari_data_answer.sdp"),
    include_str!("../testdata/aiortc_data_answer.sdp"),
    include_str!("../testdata/libdatachannel_offer.sdp"),
    include_str!("../testdata/rfc8866_example.sdp"),
    "v=0\no=a 1 2 IN IP6 ::1\ns=x y\ni=z\nu=u\ne=e\np=p\nc=IN IP4 1.2.3.4\nb=AS:7\nt=1 2\na=tool:t\nm=audio 5/2 X/Y 1 2\ni=t\nb=AS:9\na=b:c:d\n",
];

fn lines(attributes: &[sdp_types::Attribute]) -> Vec<String> {
    let line = |attribute: &sdp_types::Attribute| match &attribute.value {
        Some(value) => format!("a={}:{value}", attribute.attribute),
        None => format!("a={}", attribute.attribute),
    };
    attributes.iter().map(line).map(|line| line.replace("msid-semantic:WMS", "msid-semantic: WMS")).collect()
}

fn ours(attributes: &[sdp::Attribute]) -> Vec<String> {
    attributes.iter().map(ToString::to_string).collect()
}

#[test]
fn both_readers_find_the_same() {
    for text in DESCRIPTIONS {
        let description = SessionDescription::parse(text).unwrap();
        let oracle = sdp_types::Session::parse(text.as_bytes()).unwrap();
        assert_eq!(description.origin.session_id.to_string(), oracle.origin.sess_id);
        assert_eq!(description.origin.session_version, oracle.origin.sess_version);
        assert_eq!(description.origin.address, oracle.origin.unicast_address);
        assert_eq!(description.session_name, oracle.session_name);
        assert_eq!(description.information, oracle.session_description);
        assert_eq!(description.uri, oracle.uri);
        assert_eq!((&description.emails, &description.phones), (&oracle.emails, &oracle.phones));
        let timings = description.timings.iter().map(|timing| (timing.start, timing.stop));
        assert!(timings.eq(oracle.times.iter().map(|time| (time.start_time, time.stop_time))));
        assert_eq!(ours(&description.attributes), lines(&oracle.attributes));
        assert_eq!(description.media.len(), oracle.medias.len());
        for (section, media) in description.media.iter().zip(&oracle.medias) {
            assert_eq!((section.kind.as_str(), section.port), (media.media.as_str(), media.port));
            assert_eq!((section.port_count, &section.protocol), (media.num_ports, &media.proto));
            assert_eq!((section.formats.join(" "), &section.title), (media.fmt.clone(), &media.media_title));
            let connection = section.connection.as_ref().map(|connection| connection.address.as_str());
            assert_eq!(connection, media.connections.first().map(|other| other.connection_address.as_str()));
            let bandwidths = section.bandwidths.iter().map(|limit| (limit.kind.as_str(), limit.value));
            assert!(
                bandwidths.eq(media.bandwidths.iter().map(|limit| (limit.bwtype.as_str(), limit.bandwidth)))
            );
            assert_eq!(ours(&section.attributes), lines(&media.attributes));
        }
    }
}

#[test]
fn each_reads_what_the_other_prints() {
    for text in DESCRIPTIONS {
        let description = SessionDescription::parse(text).unwrap();
        let oracle = sdp_types::Session::parse(description.to_string().as_bytes()).unwrap();
        let mut printed = Vec::new();
        oracle.write(&mut printed).unwrap();
        assert_eq!(SessionDescription::parse(std::str::from_utf8(&printed).unwrap()), Ok(description));
    }
}
