use super::*;

#[test]
fn values_are_those_of_fips_180() {
    // FIPS 180-4's example message "abc".
    let expected = "sha-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";
    assert_eq!(Fingerprint::of(HashAlgorithm::Sha256, b"abc").to_string(), expected);
    assert_eq!(expected.to_lowercase().parse(), Ok(Fingerprint::of(HashAlgorithm::Sha256, b"abc")));
}

#[test]
fn every_algorithm_prints_what_it_reads() {
    for algorithm in HashAlgorithm::ALL {
        let fingerprint = Fingerprint::of(algorithm, b"x");
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint.clone()));
        assert_eq!(fingerprint.matches(b"x"), algorithm != HashAlgorithm::Sha1);
        assert!(!fingerprint.matches(b"y"));
    }
}

#[test]
fn malformed_texts_are_told_apart() {
    let parse = |text: &str| text.parse::<Fingerprint>();
    assert_eq!(parse("sha-256"), Err(FingerprintError::Malformed));
    assert_eq!(parse("sha-256 "), Err(FingerprintError::Malformed));
    assert_eq!(parse("sha-256 AA:B"), Err(FingerprintError::Malformed));
    assert_eq!(parse("sha-256 AA:+B"), Err(FingerprintError::Malformed));
    assert_eq!(parse("md2 AA:BB"), Err(FingerprintError::UnknownAlgorithm));
    assert_eq!(parse("sha-256 AA:BB"), Err(FingerprintError::WrongLength));
}
