//! Who asks, and who is answered: multicast DNS without its sockets and its clock.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use ice::MdnsName;
use tokio::sync::oneshot;

use super::wire::{self, Message};

/// Names that are answered for.
const MAX_PUBLISHED: usize = 4096;
/// Names that are asked for at the same time, over all connections of the process; more have no answer.
const MAX_QUESTIONS: usize = 64;
/// Those who wait for one name.
const MAX_WAITERS: usize = 64;
/// RFC 6762, section 5.2: the second question comes a second after the first, each further one after twice the time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Questions for one name: at 0, 1 and 3 s, and 7 s after the first one we have given up.
const MAX_ASKED: u32 = 3;
/// RFC 6762, section 6: a record is not sent again before this time has passed.
const ANSWER_PAUSE: Duration = Duration::from_secs(1);
/// Messages that wait to be sent; whoever drives this takes them after each call.
const MAX_OUTGOING: usize = 256;

/// The names that are looked up, and those that are answered for.
#[derive(Default)]
pub(super) struct Engine {
    published: BTreeMap<MdnsName, Published>,
    questions: BTreeMap<MdnsName, Question>,
    /// For every link: not every system says over which one a question came.
    outgoing: VecDeque<Vec<u8>>,
}

struct Published {
    ip: IpAddr,
    /// When it was last sent because somebody asked.
    answered: Option<Instant>,
}

struct Question {
    waiters: Vec<oneshot::Sender<Vec<IpAddr>>>,
    asked: u32,
    pause: Duration,
    next: Instant,
}

impl Engine {
    /// Answers for a name from now on. It is a random one, so that nobody can have it already: it is not probed for
    /// (RFC 6762, section 8.1).
    pub(super) fn publish(&mut self, name: MdnsName, ip: IpAddr) {
        if self.published.len() < MAX_PUBLISHED {
            self.send(wire::response(&name, ip));
            self.published.insert(name, Published { ip, answered: None });
        }
    }

    /// RFC 6762, section 10.1.
    pub(super) fn unpublish(&mut self, name: &MdnsName) {
        if let Some(published) = self.published.remove(name) {
            self.send(wire::goodbye(name, published.ip));
        }
    }

    /// Asks for a name.
    pub(super) fn resolve(&mut self, now: Instant, name: MdnsName, answer: oneshot::Sender<Vec<IpAddr>>) {
        if let Some(published) = self.published.get(&name) {
            let _ = answer.send(vec![published.ip]);
            return;
        }
        if self.questions.len() >= MAX_QUESTIONS && !self.questions.contains_key(&name) {
            // Dropping the answer is one: no address.
            return;
        }
        let question = self.questions.entry(name).or_insert_with(|| Question {
            waiters: Vec::new(),
            asked: 0,
            pause: FIRST_PAUSE,
            next: now,
        });
        if question.waiters.len() < MAX_WAITERS {
            question.waiters.push(answer);
        }
    }

    /// Takes a message.
    pub(super) fn handle(&mut self, now: Instant, datagram: &[u8]) {
        match wire::parse(datagram) {
            Some(Message::Query(questions)) => {
                for (name, family) in questions {
                    let Some(published) = self.published.get_mut(&name) else { continue };
                    let is_new = published.answered.is_none_or(|last| now >= last + ANSWER_PAUSE);
                    if family.has(published.ip) && is_new {
                        published.answered = Some(now);
                        let answer = wire::response(&name, published.ip);
                        self.send(answer);
                    }
                }
            }
            Some(Message::Response(records)) => {
                for (name, _) in &records {
                    let Some(question) = self.questions.remove(name) else { continue };
                    let mut addresses: Vec<IpAddr> =
                        records.iter().filter(|(other, _)| other == name).map(|(_, ip)| *ip).collect();
                    addresses.sort_unstable();
                    addresses.dedup();
                    for waiter in question.waiters {
                        let _ = waiter.send(addresses.clone());
                    }
                }
            }
            None => {}
        }
    }

    /// Asks again, or gives up.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let mut due = Vec::new();
        self.questions.retain(|name, question| {
            if question.waiters.iter().all(oneshot::Sender::is_closed) {
                return false;
            }
            if now < question.next {
                return true;
            }
            if question.asked == MAX_ASKED {
                return false;
            }
            question.asked += 1;
            question.next = now + question.pause;
            question.pause *= 2;
            due.push(wire::query(name));
            true
        });
        due.into_iter().for_each(|query| self.send(query));
    }

    /// When the next question is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.questions.values().map(|question| question.next).min()
    }

    /// The next message to send, over every link.
    pub(super) fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front()
    }

    /// Whether nobody needs a socket.
    pub(super) fn is_idle(&self) -> bool {
        self.published.is_empty() && self.questions.is_empty()
    }

    fn send(&mut self, datagram: Vec<u8>) {
        if self.outgoing.len() < MAX_OUTGOING {
            self.outgoing.push_back(datagram);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::clock;

    const NAME: &str = "1f4712db-ea17-4bcf-a596-105139dfd8bf.local";

    fn name() -> MdnsName {
        NAME.parse().unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn sent(engine: &mut Engine) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| engine.poll_transmit()).collect()
    }

    fn ask(engine: &mut Engine, now: Instant) -> oneshot::Receiver<Vec<IpAddr>> {
        let (answer, answered) = oneshot::channel();
        engine.resolve(now, name(), answer);
        engine.handle_timeout(now);
        answered
    }

    #[test]
    fn a_name_is_asked_for_three_times() {
        let (mut engine, start) = (Engine::default(), clock::now());
        let mut answered = ask(&mut engine, start);
        let mut times = Vec::new();
        let mut now = start;
        loop {
            times.extend(sent(&mut engine).iter().map(|_| (now - start).as_secs()));
            let Some(deadline) = engine.deadline() else { break };
            now = deadline;
            engine.handle_timeout(now);
        }
        assert_eq!((times, (now - start).as_secs()), (vec![0, 1, 3], 7));
        assert!(answered.try_recv().is_err() && engine.is_idle());
    }

    #[test]
    fn the_answer_reaches_everyone_who_asked() {
        let (mut engine, now) = (Engine::default(), clock::now());
        let mut waiters = [ask(&mut engine, now), ask(&mut engine, now)];
        assert_eq!(sent(&mut engine), [wire::query(&name())]);
        let other = NAME.replace('1', "2").parse().unwrap();
        engine.handle(now, &wire::response(&other, ip("192.0.2.2")));
        assert!(waiters[0].try_recv().is_err());
        engine.handle(now, &wire::response(&name(), ip("192.0.2.1")));
        for waiter in &mut waiters {
            assert_eq!(waiter.try_recv(), Ok(vec![ip("192.0.2.1")]));
        }
        assert!(engine.is_idle());
    }

    #[test]
    fn two_engines_find_each_other_and_say_goodbye() {
        let (mut a, mut b, now) = (Engine::default(), Engine::default(), clock::now());
        a.publish(name(), ip("2001:db8::1"));
        sent(&mut a);
        let mut answered = ask(&mut b, now);
        for query in sent(&mut b) {
            a.handle(now, &query);
        }
        let answers = sent(&mut a);
        assert_eq!(answers, [wire::response(&name(), ip("2001:db8::1"))]);
        b.handle(now, &answers[0]);
        assert_eq!(answered.try_recv(), Ok(vec![ip("2001:db8::1")]));
        a.unpublish(&name());
        assert_eq!(sent(&mut a), [wire::goodbye(&name(), ip("2001:db8::1"))]);
        a.handle(now, &wire::query(&name()));
        assert!(sent(&mut a).is_empty() && a.is_idle());
    }

    #[test]
    fn a14_a_flood_of_questions_is_answered_once_a_second() {
        let (mut engine, start) = (Engine::default(), clock::now());
        engine.publish(name(), ip("192.0.2.1"));
        sent(&mut engine);
        for millisecond in 0..3000 {
            engine.handle(start + Duration::from_millis(millisecond), &wire::query(&name()));
        }
        assert_eq!(sent(&mut engine).len(), 3);
    }

    #[test]
    fn our_own_names_need_no_network() {
        let (mut engine, now) = (Engine::default(), clock::now());
        engine.publish(name(), ip("192.0.2.1"));
        sent(&mut engine);
        assert_eq!(ask(&mut engine, now).try_recv(), Ok(vec![ip("192.0.2.1")]));
        assert!(sent(&mut engine).is_empty());
    }

    #[test]
    fn a15_questions_are_bounded() {
        let (mut engine, now) = (Engine::default(), clock::now());
        let mut rng = base::Rng::from_seed([1; 32]);
        let mut waiters = Vec::new();
        for _ in 0..1000 {
            let (answer, answered) = oneshot::channel();
            engine.resolve(now, MdnsName::generate(&mut rng), answer);
            waiters.push(answered);
        }
        engine.handle_timeout(now);
        assert_eq!(sent(&mut engine).len(), MAX_QUESTIONS);
        drop(waiters);
        engine.handle_timeout(now);
        assert!(engine.is_idle(), "nobody waits any more");
    }
}
