//! The program as people meet it: the console in both browsers, the echo peer for other clients, and `visavis connect`.

use std::process::Command;

use aws_lc_rs::{digest, rand};
use interop::{Browser, BrowserKind, Page, PageServer, Program, target_directory};
use serde_json::Value;

/// What goes through the file echo, bytes: many messages, and not a multiple of any of their sizes.
const FILE: usize = 5_000_003;

/// The text of the element with this `data-testid`, as an expression.
fn text(id: &str) -> String {
    format!("document.querySelector('[data-testid={id}]').textContent")
}

async fn open(kind: BrowserKind, program: &Program) -> Option<(Browser, Page)> {
    let browser = Browser::launch(kind).await?;
    let page = browser.open(&format!("{}/", program.url())).await;
    page.until("window.visavis?.state.phase === 'connected'", "window.visavis?.state").await;
    Some((browser, page))
}

async fn value(page: &Page, expression: &str) -> Value {
    page.evaluate(&format!("return {expression};")).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn console(kind: BrowserKind) {
    let program = Program::start();
    let Some((_browser, mut page)) = open(kind, &program).await else { return };

    for end in ["browser", "server"] {
        let connected = format!("visavis.state.{end}.connectionState === 'connected'");
        page.until(&connected, "visavis.state").await;
        assert_eq!(value(&page, &text(&format!("{end}-connectionState"))).await, "connected");
    }
    page.until(&format!("/:\\d+/.test({})", text("pair-server")), &text("pair-server")).await;

    page.type_text("[data-testid=chat-input]", "Hallo, Welt").await;
    page.click("[data-testid=chat-send]").await;
    let echo = "document.querySelector('[data-testid=chat-log] .echo')?.firstChild.textContent";
    page.until(&format!("{echo} === 'Hallo, Welt'"), &text("chat-log")).await;

    file_echo(&page, kind).await;

    page.click("[data-testid=speed-run]").await;
    let measured = |id| format!("parseFloat({}) > 0", text(id));
    let done = "document.getElementById('speed-note').textContent.startsWith('Payload only')";
    page.until(done, "document.getElementById('speed-note').textContent").await;
    for id in ["speed-download", "speed-upload", "speed-ping"] {
        assert_eq!(value(&page, &measured(id)).await, true, "{id}: {}", value(&page, &text(id)).await);
    }
    let screenshot = page.screenshot(&format!("console-{}", kind.name())).await;
    assert!(std::fs::metadata(screenshot).expect("it was saved").len() > 10_000, "the page is not blank");

    // The page says so when its server is gone.
    drop(program);
    page.until("['failed', 'closed'].includes(visavis.state.phase)", "visavis.state").await;
    assert_eq!(page.uncaught(), [] as [String; 0]);
}

async fn file_echo(page: &Page, kind: BrowserKind) {
    let mut data = vec![0; FILE];
    rand::fill(&mut data).expect("the system has randomness");
    let expected: String =
        digest::digest(&digest::SHA256, &data).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let path = target_directory().join(format!("interop/file-{}-{}.bin", kind.name(), std::process::id()));
    std::fs::write(&path, &data).expect("target/ is writable");
    page.upload("[data-testid=file-picker]", &path).await;
    page.until(&format!("/^(Identical|Different)/.test({})", text("file-verdict")), &text("file-verdict"))
        .await;
    for id in ["sha-sent", "sha-echoed"] {
        assert_eq!(value(page, &text(id)).await, expected.as_str(), "{id}");
    }
    std::fs::remove_file(path).expect("it was there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn console_in_chromium() {
    console(BrowserKind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn console_in_firefox() {
    console(BrowserKind::Firefox).await;
}

/// The console's server to a client that is not the console: offer by POST, text there and back, end by DELETE; and
/// what is refused.
const ANY_CLIENT: &str = "
  const post = (body, type = 'application/sdp') =>
    fetch('/echo', { method: 'POST', headers: { 'Content-Type': type }, body });
  peer.create({});
  const key = peer.channel({ label: 'mine' });
  const offer = await peer.offer({ trickle: false });
  const created = await post(offer.sdp);
  const location = created.headers.get('Location');
  await peer.remote({ description: { type: 'answer', sdp: await created.text() } });
  while (peer.describe({ key }).readyState !== 'open') await new Promise((resolve) => setTimeout(resolve, 50));
  peer.send({ key, text: 'to any client' });
  const echo = await peer.receive({ key, messages: 1 });
  const removed = await fetch(location, { method: 'DELETE' });
  while (peer.describe({ key }).readyState !== 'closed') await new Promise((resolve) => setTimeout(resolve, 50));
  const again = await fetch(location, { method: 'DELETE' });
  const malformed = await post('v=0\\r\\nthis is no line\\r\\n');
  const wrongType = await post(offer.sdp, 'text/plain');
  return {
    created: created.status, type: created.headers.get('Content-Type'), location, texts: echo.texts,
    removed: removed.status, again: again.status, malformed: malformed.status, problem: await malformed.json(),
    wrongType: wrongType.status,
  };";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn echo_for_any_client() {
    let program = Program::start();
    let Some((_browser, page)) = open(BrowserKind::Chromium, &program).await else { return };
    page.evaluate(&format!("visavis.close(); window.emit = () => {{}}; {}", PageServer::script()))
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let got = interop::within(interop::CALL, "the echo", page.evaluate(ANY_CLIENT)).await;
    let got = got.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((&got["created"], &got["type"]), (&201.into(), &"application/sdp".into()), "{got}");
    assert!(got["location"].as_str().is_some_and(|location| location.starts_with("/echo/")), "{got}");
    assert_eq!(got["texts"][0], "to any client");
    assert_eq!((&got["removed"], &got["again"]), (&200.into(), &404.into()), "{got}");
    assert_eq!((&got["malformed"], &got["wrongType"]), (&400.into(), &415.into()), "{got}");
    assert_eq!(got["problem"]["line"], 2, "{got}");
    assert!(got["problem"]["name"].is_string() && got["problem"]["message"].is_string(), "{got}");
}

#[test]
fn connect_without_a_browser() {
    let program = Program::start();
    let output = Command::new(Program::path())
        .args(["connect", program.url(), "--seconds", "1", "--pings", "5", "--json"])
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert!(report.is_object(), "{report}");
}
