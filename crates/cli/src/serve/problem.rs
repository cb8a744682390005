//! Refusals, as RFC 9457 problem documents with W3C's error names.

use hyper::StatusCode;
use serde_json::{Map, Value};

/// Why a request is refused.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The response's status.
    pub(crate) status: StatusCode,
    /// A W3C error name, or the status's own in the same style.
    pub(crate) name: &'static str,
    /// What is wrong, for people.
    pub(crate) message: String,
    /// The line of the request's body that is to blame, counted from 1.
    pub(crate) line: Option<u32>,
    /// The methods that the resource takes, if the request's was none of them.
    pub(crate) allow: Option<&'static str>,
}

impl Problem {
    /// A refusal that no line is to blame for.
    pub(crate) fn new(status: StatusCode, name: &'static str, message: impl Into<String>) -> Self {
        Problem { status, name, message: message.into(), line: None, allow: None }
    }

    /// There is no such resource.
    pub(crate) fn not_found() -> Self {
        Problem::new(StatusCode::NOT_FOUND, "NotFoundError", "there is nothing here, or no longer")
    }

    /// The body cannot be used, says visavis.
    pub(crate) fn bad_request(error: &visavis::Error) -> Self {
        Problem {
            line: error.sdp_line_number,
            ..Problem::new(StatusCode::BAD_REQUEST, error.name.as_str(), error.message.clone())
        }
    }

    /// The document.
    pub(crate) fn to_json(&self) -> String {
        let mut members = Map::new();
        members.insert("name".into(), self.name.into());
        members.insert("message".into(), self.message.as_str().into());
        members.insert("status".into(), self.status.as_u16().into());
        if let Some(line) = self.line {
            members.insert("line".into(), line.into());
        }
        Value::Object(members).to_string()
    }
}
