//! What the codes of `icecandidateerror` mean, in words.

use visavis::RtcIceCandidateError;

/// Why a server gave no candidate, and what may be done.
pub(super) fn explain(error: &RtcIceCandidateError) -> String {
    let meaning = match error.error_code {
        300 => "the server sends its clients to another one",
        400 => "the server takes the request for malformed: is something else behind this port?",
        401 => "the user name or the credential is wrong, or has expired",
        403 => "the server may not be used from here, or not for this",
        420 => "the server does not know an attribute of the request",
        437 => "the server has another allocation for this address and port",
        438 => "the server's nonce went stale again and again",
        440 => "the server has no addresses of this version of IP",
        441 => "the credential is not that of the allocation",
        442 => "the server does not relay over this transport",
        486 => "the user has too many allocations already",
        500 => "the server failed",
        508 => "the server has no relayed addresses left",
        701 => "the server could not be reached: its name, its port, or a firewall on the way",
        _ => "the server refused",
    };
    let text = error.error_text.trim();
    if text.is_empty() {
        format!("{meaning} ({})", error.error_code)
    } else {
        format!("{meaning} ({}: {text})", error.error_code)
    }
}
