//! The vectors of [RFC 5769](https://www.rfc-editor.org/rfc/rfc5769).

use base::Redacted;

use super::*;

const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";
const ID: u128 = 0xb7e7_a701_bc34_d686_fa87_dfae;

/// Section 2.1.
const REQUEST: &[u8] = b"\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
    \x80\x22\x00\x10STUN test client\x00\x24\x00\x04\x6e\x00\x01\xff\
    \x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\x00\x06\x00\x09\x65\x76\x74\x6a\x3a\x68\x36\x76\x59\x20\x20\x20\
    \x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49\xc1\xb5\x71\xa2\
    \x80\x28\x00\x04\xe5\x7a\x3b\xcf";

/// Section 2.2.
const RESPONSE_IPV4: &[u8] =
    b"\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
    \x80\x22\x00\x0btest vector\x20\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43\
    \x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\x2a\xf9\xba\x53\xf0\x6b\xe7\xd7\
    \x80\x28\x00\x04\xc0\x7d\x4c\x96";

/// Section 2.3.
const RESPONSE_IPV6: &[u8] =
    b"\x01\x01\x00\x48\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
    \x80\x22\x00\x0btest vector\x20\x00\x20\x00\x14\x00\x02\xa1\x47\
    \x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9\
    \x00\x08\x00\x14\xa3\x82\x95\x4e\x4b\xe6\x7b\xf1\x17\x84\xc9\x7c\x82\x92\xc2\x75\xbf\xe3\xed\x41\
    \x80\x28\x00\x04\xc8\xfb\x0b\x4c";

fn side(ufrag: &str, pwd: &str) -> Side {
    Side::new(Credentials { ufrag: ufrag.to_owned(), pwd: Redacted::new(pwd.to_owned()) })
}

#[test]
fn the_request_is_read() {
    let message = parse(REQUEST).unwrap();
    assert_eq!(u128::from(message.transaction_id()), ID);
    assert_eq!(message.attribute::<Priority>().unwrap(), Priority(0x6e00_01ff));
    assert_eq!(message.attribute::<IceControlled>().unwrap(), IceControlled(0x932f_f9b1_5126_3b36));
    assert!(message.attribute::<IceControlling>().is_err());
    assert_eq!(username(&message), Some(("evtj".to_owned(), "h6vY".to_owned())));
    assert!(side("evtj", PASSWORD).authenticates(&message));
    assert!(!side("evtj", "VOkJxbRl1RmTxUk/WvJxBu").authenticates(&message));
    assert!(unknown_attributes(&message).is_empty());
}

#[test]
fn the_responses_are_read() {
    for (response, mapped) in
        [(RESPONSE_IPV4, "192.0.2.1:32853"), (RESPONSE_IPV6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853")]
    {
        let message = parse(response).unwrap();
        assert_eq!(mapped_address(&message), Some(mapped.parse().unwrap()));
        assert!(side("h6vY", PASSWORD).authenticates(&message));
    }
}

#[test]
fn a_response_is_written_as_the_vector_but_for_software() {
    let ours =
        success(ID.into(), "192.0.2.1:32853".parse().unwrap(), &side("h6vY", PASSWORD), &Carried::default());
    // XOR-MAPPED-ADDRESS is the vector's, byte for byte; integrity and fingerprint cover other bytes.
    assert_eq!(ours[20..32], RESPONSE_IPV4[36..48]);
    assert!(side("h6vY", PASSWORD).authenticates(&parse(&ours).unwrap()));
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    for vector in [REQUEST, RESPONSE_IPV4, RESPONSE_IPV6] {
        for bit in 0..vector.len() * 8 {
            let mut changed = vector.to_vec();
            changed[bit / 8] ^= 1 << (bit % 8);
            let accepted = parse(&changed).is_some_and(|message| side("", PASSWORD).authenticates(&message));
            assert!(!accepted, "bit {bit}");
        }
    }
}

#[test]
fn a_check_says_all_that_it_must() {
    let (local, remote) = (side("aaaa", "a-password-of-22-chars"), side("bbbb", PASSWORD));
    let mut check = Check {
        id: ID.into(),
        local: &local,
        remote: &remote,
        priority: 77,
        role: Role::Controlling,
        tie_breaker: 0x0123_4567_89ab_cdef,
        use_candidate: true,
        nomination: 0,
        carried: Carried::default(),
    };
    let bytes = check.write();
    let message = parse(&bytes).unwrap();
    assert_eq!(username(&message), Some(("bbbb".to_owned(), "aaaa".to_owned())));
    assert!(remote.authenticates(&message) && !local.authenticates(&message));
    assert_eq!(message.attribute::<IceControlling>().unwrap(), IceControlling(0x0123_4567_89ab_cdef));
    assert_eq!(message.attribute::<Priority>().unwrap(), Priority(77));
    assert!(message.has_attribute(USE_CANDIDATE));
    assert!(message.has_attribute(Fingerprint::TYPE) && !message.has_attribute(Nomination::TYPE));
    check.nomination = 3;
    let bytes = check.write();
    let message = parse(&bytes).unwrap();
    assert_eq!(message.attribute::<Nomination>().unwrap(), Nomination(3));
    assert!(unknown_attributes(&message).is_empty());
}

#[test]
fn bytes_behind_the_message_or_a_wrong_length_make_it_malformed() {
    let mut longer = REQUEST.to_vec();
    longer.extend([0; 4]);
    assert!(parse(&longer).is_none());
    assert!(parse(&[]).is_none());
    assert!((0..REQUEST.len()).all(|length| parse(&REQUEST[..length]).is_none()));
}

#[test]
fn an_error_names_few_attributes() {
    let unknown: Vec<_> = (1..100).map(AttributeType::new).collect();
    let bytes = error(ID.into(), 420, &unknown, &side("h6vY", PASSWORD));
    let message = parse(&bytes).unwrap();
    assert_eq!(error_code(&message).unwrap().0, 420);
    assert!(bytes.len() <= 20 + 8 + 12 + 24 + 8);
}
