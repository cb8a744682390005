//! The algorithms in the specification's source: each `<ol class="algorithm">`, by the name that is defined before it.

use std::collections::{BTreeMap, BTreeSet};

use super::steps::{Algorithm, Step};

/// How far back a name is looked for, in bytes.
const WINDOW: usize = 16_000;

/// Algorithms whose definition does not name them: words of the paragraph before, and the name that we cite.
const NAMES: &[(&str, &str)] = &[
    ("unloading document cleanup", "unload the document"),
    ("RTCPeerConnection.constructor()", "RTCPeerConnection constructor"),
    ("When invoked, run the following steps", "RTCIceCandidate constructor"),
    ("Whenever the state of an RTCDtlsTransport changes", "the state of an RTCDtlsTransport changes"),
    ("deserialization steps", "deserialize an RTCCertificate"),
    ("serialization steps", "serialize an RTCCertificate"),
    ("underlying DTLS transport experiences an error", "the underlying DTLS transport experiences an error"),
    (
        "needs to update the state of the corresponding RTCDtlsTransport",
        "the state of the DTLS transport changes",
    ),
    ("indicates that it began gathering", "the ICE Agent began gathering"),
    ("is finished gathering", "the ICE Agent is finished gathering"),
    ("has queued the above task", "no generation is being gathered"),
    ("a new ICE candidate is available", "a new ICE candidate is available"),
    ("is to be announced", "announcing a data channel instance"),
    ("underlying data transport has been closed", "announcing a data channel as closed"),
    ("message has been received via", "receiving messages on a data channel"),
    ("When any version of the method is called", "send"),
];

/// A list that is open.
struct List {
    is_ordered: bool,
    items: u32,
}

/// What was defined last.
#[derive(Clone, Default)]
struct Definition {
    /// Where it ends.
    at: usize,
    name: String,
    /// The interface that it is for.
    owner: String,
    /// It is a member of an interface.
    is_member: bool,
}

/// The algorithms of the document, in its order.
pub(crate) fn algorithms(html: &str) -> Vec<Algorithm> {
    let mut found: Vec<(String, String, Algorithm)> = Vec::new();
    let mut definitions: Vec<Definition> = Vec::new();
    let mut owner = String::new();
    let mut is_legacy = false;
    // The lists that are open inside of the current algorithm.
    let mut lists: Vec<List> = Vec::new();
    let mut previous = String::new();
    for (start, end, tag) in tags(html) {
        let name = tag.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        if name == "h2" || name == "h3" || name == "h4" {
            let title = plain(html[end..].split("</h").next().unwrap_or_default());
            // The headings below it are these two.
            is_legacy = title.starts_with("Legacy")
                || (is_legacy && matches!(&*title, "Method extensions" | "Methods"));
        }
        if let Some(of) = attribute(tag, "data-dfn-for").filter(|_| name != "dfn") {
            owner = of.to_owned();
        }
        match name.as_str() {
            "dfn" => {
                let owner = attribute(tag, "data-dfn-for").unwrap_or(&owner).to_owned();
                let is_member = attribute(tag, "data-idl").is_some() || previous == "dt";
                let text = plain(html[end..].split("</dfn>").next().unwrap_or_default());
                if !text.starts_with("[[") {
                    definitions.push(Definition { at: end, name: text, owner, is_member });
                }
            }
            "ol" | "ul" if lists.is_empty() => {
                let is_algorithm = name == "ol"
                    && attribute(tag, "class")
                        .is_some_and(|class| class.split(' ').any(|c| c == "algorithm"));
                if is_algorithm {
                    let (name, owner) = name_of(html, start, &definitions);
                    let name = if is_legacy { format!("legacy {name}") } else { name };
                    let algorithm =
                        Algorithm { name: name.clone(), steps: Vec::new(), trivial: BTreeSet::new() };
                    found.push((name, owner, algorithm));
                    lists.push(List { is_ordered: true, items: 0 });
                }
            }
            "ol" | "ul" => lists.push(List { is_ordered: name == "ol", items: 0 }),
            "/ol" | "/ul" => drop(lists.pop()),
            "li" => {
                if let Some((_, _, algorithm)) = found.last_mut() {
                    add_step(algorithm, &mut lists, tag);
                }
            }
            _ => {}
        }
        previous = name;
    }
    unique(found)
}

/// Counts an item, and notes it as a step if only ordered lists are around it.
fn add_step(algorithm: &mut Algorithm, lists: &mut [List], tag: &str) {
    if let Some(list) = lists.last_mut() {
        list.items += 1;
    }
    if lists.is_empty() || lists.iter().any(|list| !list.is_ordered) {
        return;
    }
    let step = Step(lists.iter().map(|list| list.items).collect());
    let class = attribute(tag, "class").unwrap_or_default();
    if class.contains("no-test-needed") || class.contains("untestable") {
        algorithm.trivial.insert(step.clone());
    }
    // A step may have two lists, one for each case.
    if !algorithm.steps.contains(&step) {
        algorithm.steps.push(step);
    }
}

/// A name that two algorithms have is told apart by their interfaces, or else numbered.
fn unique(found: Vec<(String, String, Algorithm)>) -> Vec<Algorithm> {
    let mut count = BTreeMap::<String, usize>::new();
    found.iter().for_each(|(name, _, _)| *count.entry(name.clone()).or_default() += 1);
    let mut seen = BTreeMap::<String, usize>::new();
    let mut algorithms = Vec::new();
    for (name, owner, algorithm) in found {
        let is_shared = count.get(&name).is_some_and(|count| *count > 1) && !owner.is_empty();
        let name = if is_shared { format!("{owner}.{name}") } else { name };
        let number = seen.entry(name.clone()).or_default();
        *number += 1;
        let name = if *number > 1 { format!("{name} {number}") } else { name };
        algorithms.push(Algorithm { name, ..algorithm });
    }
    algorithms
}

/// The name of the algorithm whose list begins at `at`, and the interface that it belongs to.
fn name_of(html: &str, at: usize, definitions: &[Definition]) -> (String, String) {
    let from = (at.saturating_sub(WINDOW)..at).find(|from| html.is_char_boundary(*from)).unwrap_or(at);
    let before = &html[from..at];
    // The paragraph that introduces the list.
    let paragraph = before.rfind("<p").or_else(|| before.rfind("</ol>")).unwrap_or_default();
    let sentence = plain(&before[paragraph..]);
    let near = definitions.iter().rev().take_while(|definition| definition.at > from);
    let owner = near.clone().map(|definition| definition.owner.clone()).next().unwrap_or_default();
    if let Some((_, name)) = NAMES.iter().find(|(words, _)| sentence.contains(words)) {
        return ((*name).to_owned(), owner);
    }
    if let Some(named) = near.clone().find(|definition| definition.at > from + paragraph) {
        return (named.name.clone(), named.owner.clone());
    }
    let member = near.clone().find(|definition| definition.is_member);
    if let Some(member) = member {
        let kind = if sentence.contains("On getting") {
            Some(" getter")
        } else if sentence.contains("On setting") {
            Some(" setter")
        } else if sentence.contains("invoked") || sentence.contains("called") || sentence.contains("method") {
            Some("")
        } else {
            None
        };
        if let Some(kind) = kind.filter(|_| !member.name.starts_with("constructor")) {
            return (format!("{}{kind}", member.name.trim_end_matches("()")), member.owner.clone());
        }
    }
    if near.clone().next().is_some_and(|definition| definition.name.starts_with("constructor")) {
        return (format!("{owner} constructor"), owner);
    }
    // It has no name but the occasion.
    let last = sentence.rsplit(". ").next().unwrap_or(&sentence);
    let occasion = last.split(", the user agent").next().unwrap_or(last);
    (occasion.trim_end_matches(':').replace(',', ""), owner)
}

/// Each tag: where it begins, where it ends, and what is in it.
fn tags(html: &str) -> impl Iterator<Item = (usize, usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + html[at..].find('<')?;
            if html[start..].starts_with("<!--") {
                at = start + html[start..].find("-->")? + 3;
                continue;
            }
            let end = start + html[start..].find('>')?;
            at = end + 1;
            return Some((start, at, &html[start + 1..end]));
        }
    })
}

/// An attribute's value, quoted or not.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let after = tag.match_indices(name).find_map(|(at, _)| {
        let is_whole = tag[..at].ends_with(char::is_whitespace);
        let rest = tag[at + name.len()..].trim_start();
        rest.strip_prefix('=').filter(|_| is_whole).map(str::trim_start)
    })?;
    match after.strip_prefix(['"', '\'']) {
        Some(quoted) => quoted.split(['"', '\'']).next(),
        None => after.split([' ', '\n', '\t']).next(),
    }
}

/// Text without tags and the marks of ReSpec, its white space folded.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for (index, piece) in html.split('<').enumerate() {
        text.push_str(if index == 0 { piece } else { piece.split_once('>').map_or("", |(_, text)| text) });
    }
    for mark in ["[=", "=]", "[^", "^]", "{{", "}}", "|", "\\"] {
        text = text.replace(mark, "");
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    // `{{RTCPeerConnection/addTrack()}}` is the member.
    words.join(" ")
}
