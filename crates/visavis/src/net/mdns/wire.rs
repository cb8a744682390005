//! Messages of multicast DNS ([RFC 6762, section 18](https://www.rfc-editor.org/rfc/rfc6762#section-18)).

use std::net::IpAddr;

use ice::MdnsName;
use simple_dns::rdata::{A, AAAA, RData};
use simple_dns::{
    CLASS, Name, OPCODE, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, ResourceRecord, TYPE,
};

/// The longest message (RFC 6762, section 17).
pub(super) const MAX_LENGTH: usize = 9000;
/// For how long an answer holds, in seconds (RFC 6762, section 10: 120 for what names a host).
const TTL: u32 = 120;

/// A message, as far as it is about names that hide addresses.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// Questions for addresses of these names.
    Query(Vec<(MdnsName, Family)>),
    /// Addresses of these names, without those that are taken back.
    Response(Vec<(MdnsName, IpAddr)>),
}

/// Which addresses are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
    Any,
}

impl Family {
    pub(super) fn has(self, ip: IpAddr) -> bool {
        match self {
            Family::V4 => ip.is_ipv4(),
            Family::V6 => ip.is_ipv6(),
            Family::Any => true,
        }
    }
}

/// Reads a message; `None` for what is none, or an error, or no standard query (RFC 6762, sections 18.3 and 18.11).
pub(super) fn parse(datagram: &[u8]) -> Option<Message> {
    let packet = Packet::parse(datagram).ok()?;
    if packet.opcode() != OPCODE::StandardQuery || packet.rcode() != RCODE::NoError {
        return None;
    }
    if !packet.has_flags(PacketFlag::RESPONSE) {
        return Some(Message::Query(packet.questions.iter().filter_map(question).collect()));
    }
    let records = packet.answers.iter().chain(&packet.additional_records);
    Some(Message::Response(records.filter_map(address).collect()))
}

fn question(question: &Question<'_>) -> Option<(MdnsName, Family)> {
    let family = match question.qtype {
        QTYPE::TYPE(TYPE::A) => Family::V4,
        QTYPE::TYPE(TYPE::AAAA) => Family::V6,
        QTYPE::ANY => Family::Any,
        _ => return None,
    };
    Some((question.qname.to_string().parse().ok()?, family))
}

fn address(record: &ResourceRecord<'_>) -> Option<(MdnsName, IpAddr)> {
    let ip = match &record.rdata {
        RData::A(A { address }) => IpAddr::V4((*address).into()),
        RData::AAAA(AAAA { address }) => IpAddr::V6((*address).into()),
        _ => return None,
    };
    // RFC 6762, section 10.1: a lifetime of 0 says goodbye.
    let name = record.name.to_string().parse().ok().filter(|_| record.ttl > 0)?;
    Some((name, ip))
}

/// Asks for both kinds of addresses.
pub(super) fn query(name: &MdnsName) -> Vec<u8> {
    let mut packet = Packet::new_query(0);
    for kind in [TYPE::A, TYPE::AAAA] {
        let (kind, class) = (QTYPE::TYPE(kind), QCLASS::CLASS(CLASS::IN));
        packet.questions.push(Question::new(Name::new_unchecked(name.as_str()), kind, class, false));
    }
    build(&packet)
}

/// Says what a name stands for.
pub(super) fn response(name: &MdnsName, ip: IpAddr) -> Vec<u8> {
    record(name, ip, TTL)
}

/// Says that a name stands for nothing any more.
pub(super) fn goodbye(name: &MdnsName, ip: IpAddr) -> Vec<u8> {
    record(name, ip, 0)
}

fn record(name: &MdnsName, ip: IpAddr, ttl: u32) -> Vec<u8> {
    let mut packet = Packet::new_reply(0);
    packet.set_flags(PacketFlag::AUTHORITATIVE_ANSWER);
    let data = match ip {
        IpAddr::V4(ip) => RData::A(A { address: ip.into() }),
        IpAddr::V6(ip) => RData::AAAA(AAAA { address: ip.into() }),
    };
    let record = ResourceRecord::new(Name::new_unchecked(name.as_str()), CLASS::IN, ttl, data);
    // RFC 6762, section 10.2: nobody else answers for this name.
    packet.answers.push(record.with_cache_flush(true));
    build(&packet)
}

fn build(packet: &Packet<'_>) -> Vec<u8> {
    // Names of this kind are short enough for what can fail.
    packet.build_bytes_vec().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> MdnsName {
        "1f4712db-ea17-4bcf-a596-105139dfd8bf.local".parse().unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let questions = vec![(name(), Family::V4), (name(), Family::V6)];
        assert_eq!(parse(&query(&name())), Some(Message::Query(questions)));
        for ip in ["192.0.2.1", "2001:db8::1"].map(|ip| ip.parse().unwrap()) {
            assert_eq!(parse(&response(&name(), ip)), Some(Message::Response(vec![(name(), ip)])));
            assert_eq!(parse(&goodbye(&name(), ip)), Some(Message::Response(Vec::new())));
        }
    }

    /// RFC 1035, section 4: a response with one address, as another program writes it.
    #[test]
    fn a_response_by_the_book() {
        let mut bytes = vec![0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        bytes.push(36);
        bytes.extend(b"1F4712DB-ea17-4bcf-a596-105139dfd8bf");
        bytes.extend(b"\x05local\x00\x00\x01\x80\x01\x00\x00\x00\x78\x00\x04\xc0\x00\x02\x01");
        assert_eq!(parse(&bytes), Some(Message::Response(vec![(name(), [192, 0, 2, 1].into())])));
        assert_eq!(response(&name(), [192, 0, 2, 1].into())[12..], bytes.to_ascii_lowercase()[12..]);
    }

    #[test]
    fn anything_else_is_dropped_without_a_panic() {
        let mut rng = base::Rng::from_seed([6; 32]);
        let valid = [query(&name()), response(&name(), [192, 0, 2, 1].into())];
        for round in 0..20_000 {
            let mut bytes = valid[round % 2].clone();
            for _ in 0..rng.range(1..6) {
                let at = rng.range(0..bytes.len() as u64) as usize;
                bytes[at] = rng.u32() as u8;
            }
            bytes.truncate(rng.range(0..bytes.len() as u64 + 1) as usize);
            let _ = parse(&bytes);
        }
        // Names that point at themselves.
        let mut bytes = vec![0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 12];
        bytes.extend([0, 1, 0, 1, 0, 0, 0, 120, 0, 4, 1, 2, 3, 4]);
        assert_eq!(parse(&bytes), None);
        assert_eq!(parse(&[]), None);
    }
}
