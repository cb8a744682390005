use super::citations::{Citation, find};
use super::*;

const SPEC: &str = r#"
<section><h3>Methods</h3><dl data-dfn-for="RTCThing">
<dt><dfn data-idl="">open</dfn></dt><dd><p>When the {{open}} method is invoked, run the following steps:</p>
<ol class=algorithm>
  <li class="no-test-needed">Let <var>x</var> be 1.</li>
  <li><p>If this is so:</p>
    <ul><li>one</li><li>two</li></ul>
    <ol><li>a</li><li>b <ol class="algorithm"><li>deep</li></ol></li></ol>
  </li>
  <!-- <li>not a step</li> -->
  <li>Return.</li>
</ol></dd>
<dt><dfn data-idl>close()</dfn></dt><dd><p>When the method is called:</p><ol class="x algorithm"><li>.</li></ol></dd>
</dl>
<p>To <dfn data-lt="y" data-dfn-for="">[=chain=] an <var>operation</var></dfn> to it:</p>
<ol class="algorithm"><li>1<li>2</ol>
<p>In other words:</p><ol><li>no algorithm</li></ol>
<dl data-dfn-for="RTCOther"><dt><dfn data-idl>close</dfn></dt><dd><p>On setting, do this:</p>
<ol class=algorithm><li>.</li></ol>
<dt><dfn data-idl>open</dfn></dt><dd><p>When invoked, run:</p><ol class=algorithm><li>.</li></ol></dl>
"#;

fn algorithms() -> Vec<Algorithm> {
    html::algorithms(SPEC)
}

fn steps_of(algorithm: &Algorithm) -> Vec<String> {
    algorithm.steps.iter().map(ToString::to_string).collect()
}

/// The citations of a text: the algorithm's name and the steps, or what is wrong.
fn cited(text: &str) -> Vec<String> {
    let algorithms = algorithms();
    let show = |citation| match citation {
        Citation::Wrong(what) => what,
        Citation::Steps { algorithm, steps } => {
            let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
            format!("{} {}", algorithms[algorithm].name, steps.join(" "))
        }
    };
    find(&algorithms, text)
        .into_iter()
        .map(|(line, citation)| format!("{line}: {}", show(citation)))
        .collect()
}

#[test]
fn algorithms_are_found_with_their_names_and_steps() {
    let algorithms = algorithms();
    let names: Vec<&str> = algorithms.iter().map(|algorithm| algorithm.name.as_str()).collect();
    assert_eq!(names, ["RTCThing.open", "close", "chain an operation", "close setter", "RTCOther.open"]);
    assert_eq!(steps_of(&algorithms[0]), ["1", "2", "2.1", "2.2", "2.2.1", "3"], "bullets are no steps");
    assert_eq!(algorithms[0].trivial, BTreeSet::from([Step(vec![1])]));
    assert_eq!(steps_of(&algorithms[2]), ["1", "2"]);
}

#[test]
fn the_list_comes_back_as_it_was_written() {
    let algorithms = algorithms();
    assert_eq!(steps::parse(&steps::print(&algorithms)), Ok(algorithms));
    assert!(steps::parse("name\n  1 x").is_err());
    assert!(steps::parse("  1\n").is_err());
}

#[test]
fn citations_name_an_algorithm_and_its_steps() {
    assert_eq!(cited("// webrtc-pc, RTCThing.open, step 2.2.1: so."), ["1: RTCThing.open 2.2.1"]);
    assert_eq!(
        cited("\n/// Is it (webrtc-pc, RTCThing.open,\n/// steps 1 and 2.1 to 3)?"),
        ["2: RTCThing.open 1 2.1 2.2 3"],
        "a range has the steps of its own depth, and lines are joined"
    );
    assert_eq!(
        cited("// webrtc-pc, chain an operation, steps 1, 2. Then RTCThing.open(), step 3."),
        ["1: chain an operation 1 2", "1: RTCThing.open 3"]
    );
    assert_eq!(cited("let x = 1; // webrtc-pc, \"close\", step 1."), ["1: close 1"]);
    assert!(cited("let step = 1; // the first step 1; RFC 9429, section 5, step 1").is_empty());
    assert!(cited("// webrtc-pc, section 4.4, step by step").is_empty());
}

#[test]
fn a_step_without_a_name_belongs_to_the_last_name() {
    let text =
        "/// webrtc-pc, chain an operation.\nfn f() {\n    // Step 1.\n    g();\n    // Its step 2.\n}\n";
    assert_eq!(cited(text), ["3: chain an operation 1", "5: chain an operation 2"]);
    assert!(cited("// Step 1 of something").is_empty());
    let other = "// webrtc-pc, chain an operation.\n\n// RFC 9429, section 5.\n\n// Step 7.\n";
    assert!(cited(other).is_empty(), "another document's");
}

#[test]
fn documentation_that_begins_with_a_method_names_it() {
    let text = "/// `close()` of a thing.\nfn f() {\n    // Step 1.\n}\n\n/// close(), the task of step 1.\n";
    assert_eq!(cited(text), ["3: close 1", "6: close 1"]);
    let other = "// webrtc-pc, chain an operation.\n\n/// `open()`: two have it.\n\n// Step 1.\n";
    assert!(cited(other).is_empty(), "it is not about what stood above");
}

#[test]
fn what_does_not_exist_is_wrong() {
    assert_eq!(cited("// webrtc-pc, RTCThing.open, step 4."), ["1: RTCThing.open has no step 4"]);
    assert_eq!(
        cited("// webrtc-pc, chain an operation, steps 1 to 3."),
        ["1: chain an operation has no step 3"]
    );
    assert_eq!(
        cited("// webrtc-pc, chain an operation, steps 2 to 1."),
        ["1: chain an operation: 1 comes before 2"]
    );
    assert_eq!(
        cited("// webrtc-pc, chain it all, step 1."),
        ["1: no algorithm \"chain it all\" in the list"]
    );
    assert_eq!(cited("// webrtc-pc, open, step 1."), ["1: no algorithm \"open\" in the list"], "two have it");
    let text = "// webrtc-pc, chain an operation.\nfn f() {}\n// Step 9.\n";
    assert_eq!(cited(text), ["3: chain an operation has no step 9"]);
}

#[test]
fn tests_are_counted_apart_from_code() {
    let algorithms = algorithms();
    let mut coverage = Coverage::default();
    let text = "// webrtc-pc, close, step 1.\n\n#[cfg(test)]\nmod tests {\n    // webrtc-pc, RTCThing.open, step 9.\n}\n";
    coverage.add(&algorithms, "crates/peer/src/a.rs", text);
    coverage.add(&algorithms, "node/test/a.mjs", "// webrtc-pc, chain an operation, step 2.\n");
    assert_eq!(coverage.code.keys().collect::<Vec<_>>(), [&1]);
    assert_eq!(coverage.tests.keys().collect::<Vec<_>>(), [&2]);
    assert_eq!(coverage.wrong, ["crates/peer/src/a.rs:5: RTCThing.open has no step 9"]);
    let report = report(&algorithms, &coverage);
    assert!(report.contains("chain an operation: 1\n"), "{report}");
    assert!(
        report.ends_with("11 steps in 5 algorithms: code cites 1, tests 1, either 2; 1 wrong citations\n"),
        "{report}"
    );
}
