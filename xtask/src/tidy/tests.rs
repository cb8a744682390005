use super::*;

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

#[test]
fn length_is_counted_without_tests() {
    let long = "line\n".repeat(MAX_LINES + 1);
    assert_eq!(too_long(&file("crates/x/src/lib.rs", &long)).len(), 1);
    assert!(too_long(&file("crates/x/src/lib.rs", &"line\n".repeat(MAX_LINES))).is_empty());
    for path in ["crates/x/src/foo/tests.rs", "crates/x/tests/long.rs", "package-lock.json"] {
        assert!(too_long(&file(path, &long)).is_empty(), "{path}");
    }
    let with_tests = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
    assert!(too_long(&file("crates/x/src/lib.rs", &with_tests)).is_empty());
}

#[test]
fn banned_words_are_found_with_their_line() {
    let text = format!("fine\nsee {}main/x\n", BANNED[1]);
    assert_eq!(banned_words(&file("a.md", &text)), [format!(":2: {:?}", BANNED[1])]);
    let inside = format!("net{}item", BANNED[1]);
    assert!(banned_words(&file("a.md", &inside)).is_empty());
    assert_eq!(banned_words(&file("a.rs", &BANNED[0].to_uppercase())).len(), 1);
}

#[test]
fn relative_links_must_resolve() {
    let exists = |path: &Path| path == Path::new("docs/there.md");
    let text = "[a](there.md) [b](there.md#part) [c](gone.md)\n[d](https://example.org/x) [e](#here)\n```\n[f](code.md)\n```\n";
    assert_eq!(broken_links(&file("docs/a.md", text), exists), [":1: no gone.md"]);
    assert!(broken_links(&file("docs/a.rs", text), exists).is_empty());
}

#[test]
fn the_addon_has_no_unsafe_code_of_its_own() {
    let text = "#![allow(unsafe_code)] // unsafe is what macros make\nfn f() { unsafe { g() } }\n";
    assert_eq!(unsafe_by_hand(&file("node/native/src/lib.rs", text)), [":2: unsafe"]);
    assert!(unsafe_by_hand(&file("node/native/README.md", text)).is_empty());
}

#[test]
fn lock_files_hold_no_download_addresses() {
    let text = "{\n  \"resolved\": \"https://example.org/a.tgz\"\n}\n";
    assert_eq!(download_addresses(&file("interop/package-lock.json", text)), [":2: a download address"]);
    assert!(download_addresses(&file("interop/package.json", text)).is_empty());
}
